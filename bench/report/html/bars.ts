import { formatRatio } from "../tables.ts";
import { type DisplayUnit, inUnit } from "../units.ts";
import type { Cell, Metric } from "../view.ts";
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
import type { SubjectColours } from "./subject-colours.ts";
import { flagsFooter, tellCell } from "./tell.ts";
import { type Scale, scaleOver, ticksOf, tickText } from "./ticks.ts";

const THICKNESS = 12;
const VALUE = 52;
const RATIO = 42;

/** What all plots of a metric have in common, but for the scale that some have of their own. */
export interface BarStyle {
  metric: Metric;
  unit: DisplayUnit;
  /** Upper end of the axis, in the unit of the metric. */
  upTo: number;
  colours: SubjectColours;
  reference: string | null;
}

export interface BarPlot {
  caption: string;
  bars: readonly Bar[];
}

interface Bar {
  /** What is written beside it. */
  name: string;
  subject: string;
  cell: Cell;
}

interface Layout {
  names: number;
  /** Where the values end; the ratios end at the edge. */
  values: number;
  /** In the unit that is shown. */
  x: Scale;
}

/** A bar to each median, with a whisker from the lowest round to the highest. */
export function renderBars({ caption, bars }: BarPlot, style: BarStyle): Markup {
  const layout = layOut(bars, style);
  const height = plotHeight(bars.length);
  const told = bars.map(({ name, cell }) => `${name} ${inUnit(cell.spread.median, style.unit)}`);
  return renderFigure({
    caption,
    description: `${style.metric.name} in ${style.unit.text}, ${caption}: ${told.join(", ")}`,
    height,
    content: html`${renderScale(scaleTicks(layout), height)}${referenceLine(bars, layout, style)}
${bars.map((bar, at) => renderBar(bar, at * rowHeight, layout, style))}`,
    footer: flagsFooter(bars),
  });
}

function layOut(bars: readonly Bar[], { upTo, unit }: BarStyle): Layout {
  const names = namesEnd(bars.map(({ name }) => name));
  const values = plotWidth - (bars.some(({ cell }) => cell.ratio !== null) ? RATIO : 0);
  return { names, values, x: scaleOver([upTo / unit.per], [names, values - VALUE], false) };
}

function scaleTicks({ x }: Layout) {
  return ticksOf(x, 4).map((value) => ({ at: x(value), text: tickText(value) }));
}

function referenceLine(bars: readonly Bar[], { x }: Layout, style: BarStyle): Markup | null {
  const bar = bars.find(({ subject }) => subject === style.reference);
  if (!bar || bars.every(({ subject }) => subject === style.reference)) return null;
  return renderReference(x(bar.cell.spread.median / style.unit.per), plotHeight(bars.length));
}

function renderBar(bar: Bar, top: number, layout: Layout, style: BarStyle): Markup {
  const { name, subject, cell } = bar;
  const { names, x } = layout;
  const middle = top + rowHeight / 2;
  const width = Math.max(x(cell.spread.median / style.unit.per) - names, 0.5);
  const shape = html`x="${names}" y="${middle - THICKNESS / 2}" width="${width}" height="${THICKNESS}"`;
  const hatch = cell.measurement.flags.length > 0 ? html`<rect class="hatch" ${shape}/>` : null;
  return renderRow(
    {
      name,
      title: tellCell(bar, style),
      classes: style.colours(subject),
      top,
      namesEnd: names,
    },
    html`<rect class="bar" ${shape}/>${hatch}${whisker(bar, middle, layout, style)}${numbers(bar, middle + 4, layout, style)}`,
  );
}

/** One round has no spread to show. */
function whisker({ cell }: Bar, y: number, { x }: Layout, { unit }: BarStyle): Markup | null {
  if (cell.measurement.values.length === 1) return null;
  const [low, high] = [x(cell.spread.min / unit.per), x(cell.spread.max / unit.per)];
  return html`<path class="whisker" d="M${low} ${y - 3}v6m0 -3H${high}m0 -3v6"/>`;
}

function numbers({ cell }: Bar, y: number, { values }: Layout, { unit }: BarStyle): Markup {
  const flag = cell.measurement.flags.length > 0 ? html`<tspan class="flag">! </tspan>` : null;
  const value = html`<text class="value" x="${values}" y="${y}">${flag}${inUnit(cell.spread.median, unit)}</text>`;
  if (cell.ratio === null) return value;
  return html`${value}<text class="ratio" x="${plotWidth}" y="${y}">${formatRatio(cell.ratio.median)}×</text>`;
}
