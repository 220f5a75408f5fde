import { displayUnit, inUnit } from "../units.ts";
import type { Cell, Metric, ScenarioView } from "../view.ts";
import { plotWidth, renderFigure } from "./frame.ts";
import { html, type Markup } from "./markup.ts";
import { namesEnd, plotHeight, renderRow, renderScale, rowHeight } from "./rows.ts";
import type { SubjectColours } from "./subject-colours.ts";
import { flagsFooter } from "./tell.ts";
import { type Scale, scaleOver, ticksOf, tickText } from "./ticks.ts";

const VALUE = 50;

/** Metrics of a scenario that are points of one distribution of delays, lowest first. */
export function percentileMetrics(metrics: readonly Metric[]): Metric[] {
  const found = metrics.filter(({ name }) => /^latency-(min|p[\d.]+|max)$/.test(name));
  return found.length > 1 ? found : [];
}

interface Ladder {
  subject: string;
  cells: Cell[];
}

interface Layout {
  names: number;
  unit: { text: string; per: number };
  x: Scale;
}

/** One line for each subject, from its lowest percentile to its highest, on a logarithmic axis. */
export function renderPercentiles(view: ScenarioView, colours: SubjectColours): Markup {
  const metrics = percentileMetrics(view.metrics);
  const ladders = view.rows.map(({ subject, cells }) => ({
    subject,
    cells: metrics.flatMap(({ name }) => cells.get(name) ?? []).filter(isPositive),
  }));
  const shown = ladders.filter(({ cells }) => cells.length > 0);
  if (shown.length === 0) return html``;
  const layout = layOut(shown);
  const height = plotHeight(shown.length);
  const ticks = ticksOf(layout.x, 6).map((value) => ({
    at: layout.x(value),
    text: tickText(value),
  }));
  return renderFigure({
    caption: `${view.label} (${layout.unit.text})`,
    description: `Latency in ${layout.unit.text}, ${view.label}: ${shown.map((ladder) => brief(ladder, layout)).join(", ")}`,
    height,
    content: html`${renderScale(ticks, height)}
${shown.map((ladder, at) => renderLadder(ladder, at * rowHeight, layout, colours))}`,
    footer: flagsFooter(
      shown.flatMap(({ subject, cells }) => cells.map((cell) => ({ name: subject, cell }))),
    ),
  });
}

/** A logarithm needs it. */
function isPositive({ spread }: Cell): boolean {
  return spread.median > 0;
}

function layOut(ladders: readonly Ladder[]): Layout {
  const medians = ladders.flatMap(({ cells }) => cells.map(({ spread }) => spread.median));
  const unit = displayUnit(ladders[0]?.cells[0]?.measurement.unit ?? "", [
    Math.min(...medians) * 10,
  ]);
  const names = namesEnd(ladders.map(({ subject }) => subject));
  const shown = medians.map((value) => value / unit.per);
  return { names, unit, x: scaleOver(shown, [names + 4, plotWidth - VALUE - 8], true) };
}

function renderLadder(
  ladder: Ladder,
  top: number,
  layout: Layout,
  colours: SubjectColours,
): Markup {
  const { subject, cells } = ladder;
  const { names, unit, x } = layout;
  const y = top + rowHeight / 2;
  const at = cells.map(({ spread }) => x(spread.median / unit.per));
  const middle = middleOf(cells);
  const dots = cells.map((cell, n) => dot(at[n] as number, y, cell === middle));
  const value = middle ? inUnit(middle.spread.median, unit) : "";
  return renderRow(
    { name: subject, title: tell(ladder, layout), classes: colours(subject), top, namesEnd: names },
    html`<path class="span" d="M${at[0] as number} ${y}H${at.at(-1) as number}"/>${dots}<text class="value" x="${plotWidth}" y="${y + 4}">${value}</text>`,
  );
}

function dot(x: number, y: number, filled: boolean): Markup {
  return html`<circle class="${filled ? "dot" : "ring"}" cx="${x}" cy="${y}" r="${filled ? 5 : 3.5}"/>`;
}

/** The median delay, which is what most packets see. */
function middleOf(cells: readonly Cell[]): Cell | undefined {
  return cells.find(({ measurement }) => measurement.metric === "latency-p50");
}

function brief({ subject, cells }: Ladder, { unit }: Layout): string {
  const middle = middleOf(cells);
  return middle ? `${subject} ${inUnit(middle.spread.median, unit)}` : subject;
}

function tell({ subject, cells }: Ladder, { unit }: Layout): string {
  const points = cells.map(
    ({ measurement, spread }) =>
      `${measurement.metric.replace("latency-", "")} ${inUnit(spread.median, unit)} ${unit.text}`,
  );
  return `${subject}: ${points.join(", ")}`;
}
