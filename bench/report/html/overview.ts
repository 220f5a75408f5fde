import { formatRatio, ratioText } from "../tables.ts";
import type { Cell, ScenarioView, TaskView } from "../view.ts";
import { plotWidth, renderFigure } from "./frame.ts";
import { html, type Markup } from "./markup.ts";
import {
  namesEnd,
  plotHeight,
  renderReference,
  renderRow,
  renderScale,
  rowHeight,
} from "./rows.ts";
import { isOwn, type SubjectColours } from "./subject-colours.ts";
import { type Scale, scaleOver, ticksOf, tickText } from "./ticks.ts";

const VALUE = 46;

interface Dot {
  subject: string;
  cell: Cell;
  ratio: number;
}

/** The main metric under one scenario, as ratios to the reference. */
interface Line {
  label: string;
  dots: Dot[];
}

interface Style {
  colours: SubjectColours;
  reference: string;
  x: Scale;
  names: number;
}

/** One row for each scenario with a dot for each subject; plots of one source each, all to one scale. */
export function renderOverview(
  tasks: readonly TaskView[],
  { reference, colours }: { reference: string | null; colours: SubjectColours },
): Markup[] {
  if (reference === null) return [];
  const plots = tasks.flatMap(({ task, scenarios }) => {
    const sources = Map.groupBy(scenarios, ({ scenario }) => scenario.source);
    return [...sources].map(([source, views]) => ({
      caption: [task, source].filter((part) => part).join(", ") || "all",
      lines: views.map(lineOf).filter(({ dots }) => dots.length > 0),
    }));
  });
  const lines = plots.flatMap((plot) => plot.lines);
  if (lines.length < 2) return [];
  const names = namesEnd(lines.map(({ label }) => label));
  const ratios = lines.flatMap(({ dots }) => dots.map(({ ratio }) => ratio));
  const x = scaleOver([1, ...ratios], [names + 6, plotWidth - VALUE - 8], true);
  const style = { colours, reference, x, names };
  return plots
    .filter((plot) => plot.lines.length > 0)
    .map((plot) => renderPlot(plot.caption, plot.lines, style));
}

function lineOf({ label, scenario, metrics, rows }: ScenarioView): Line {
  const main = metrics[0]?.name ?? "";
  const dots = rows.flatMap(({ subject, cells }) => {
    const cell = cells.get(main);
    const ratio = cell?.ratio?.median ?? 0;
    return cell && ratio > 0 ? [{ subject, cell, ratio }] : [];
  });
  return { label: label.replace(`, ${scenario.source}`, ""), dots };
}

function renderPlot(caption: string, lines: readonly Line[], style: Style): Markup {
  const { x, reference } = style;
  const height = plotHeight(lines.length);
  const ticks = ticksOf(x, 4).map((value) => ({ at: x(value), text: `${tickText(value)}×` }));
  const told = lines.map((line) => `${line.label}: ${tell(line)}`);
  return renderFigure({
    caption,
    description: `Ratio to ${reference}, ${caption}. ${told.join(". ")}`,
    height,
    content: html`${renderScale(ticks, height)}${renderReference(x(1), height)}
${lines.map((line, at) => renderLine(line, at * rowHeight, style))}`,
  });
}

function renderLine(line: Line, top: number, { x, colours, names }: Style): Markup {
  const y = top + rowHeight / 2;
  // Last is on top.
  const dots = line.dots.toSorted((a, b) => Number(isOwn(a.subject)) - Number(isOwn(b.subject)));
  const own = line.dots.filter(({ subject }) => isOwn(subject));
  const best = Math.max(...own.map(({ ratio }) => ratio));
  const value = html`<text class="value own0" x="${plotWidth}" y="${y + 4}">${formatRatio(best)}×</text>`;
  return renderRow(
    {
      name: line.label,
      title: `${line.label}: ${tell(line)}`,
      classes: "line",
      top,
      namesEnd: names,
    },
    html`<path class="track" d="M${names} ${y}H${plotWidth - VALUE}"/>${dots.map((dot) => renderDot(dot, x(dot.ratio), y, colours))}${own.length > 0 ? value : null}`,
  );
}

function renderDot({ subject, cell }: Dot, x: number, y: number, colours: SubjectColours): Markup {
  const flagged = cell.measurement.flags.length > 0;
  // Peers are often close together: thin marks stay apart where dots would cover each other.
  const shape = isOwn(subject)
    ? html`<circle class="${flagged ? "ring" : "dot"}" cx="${x}" cy="${y}" r="5.5"/>`
    : html`<path class="${flagged ? "notch flagged" : "notch"}" d="M${x} ${y - 7}v14"/>`;
  return html`<g class="${colours(subject)}">${shape}</g>`;
}

function tell({ dots }: Line): string {
  const parts = dots.map(({ subject, cell }) => {
    const flags = cell.measurement.flags.map(({ name }) => name);
    const ratio = cell.ratio ? ratioText(cell.ratio) : "";
    return [`${subject} ${ratio}`, ...flags].join(" ! ");
  });
  return parts.join(", ");
}
