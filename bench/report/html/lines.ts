import { inUnit } from "../units.ts";
import { fitted, plotWidth, renderFigure } from "./frame.ts";
import { placeLabels } from "./labels.ts";
import {
  drawable,
  type LineLayout,
  type LinePlot,
  layOut,
  type PlotLine,
  type Point,
  plotBox,
} from "./line-layout.ts";
import { html, type Markup } from "./markup.ts";
import { isOwn, type SubjectColours } from "./subject-colours.ts";
import { ticksAt, ticksOf, tickText } from "./ticks.ts";

const LABEL = 13;
const LABEL_WIDTH = 36;
/** More marks than these hide the line. */
const MARKS = 24;

/** Lines with their names at their ends, so that nobody has to look them up. */
export function renderLines(plot: LinePlot, colours: SubjectColours): Markup {
  const lines = plot.lines
    .map((line) => drawable(line, plot))
    .filter(({ points }) => points.length > 0);
  if (lines.length === 0) return html``;
  const layout = layOut(plot, lines);
  const told = lines.map((line) => `${line.subject} ${tellEnds(line, layout)}`);
  return renderFigure({
    caption: plot.caption,
    description: `${plot.y.label} over ${plot.x.label}, ${plot.caption}. ${told.join(". ")}`,
    height: plotBox.height,
    content: html`${renderAxes(plot, layout)}
${ownLast(lines).map((line) => renderLine(line, layout, colours))}${renderNames(lines, layout, colours)}`,
  });
}

/** What comes last is on top. */
function ownLast(lines: readonly PlotLine[]): PlotLine[] {
  return lines.toSorted((a, b) => Number(isOwn(a.subject)) - Number(isOwn(b.subject)));
}

function renderAxes(plot: LinePlot, { x, y, xUnit, yUnit, right }: LineLayout): Markup {
  const across = ticksOf(y, 6).map(
    (value) =>
      html`<path class="grid" d="M${plotBox.left} ${y(value)}H${right}"/><text class="tick left" x="${plotBox.left - 6}" y="${y(value) + 4}">${tickText(value)}</text>`,
  );
  const values = plot.lines.flatMap(({ points }) => points.map((point) => point.x / xUnit.per));
  const along = (plot.x.log ? ticksAt(x, values, LABEL_WIDTH) : ticksOf(x, 6)).map(
    (value) =>
      html`<path class="mark" d="M${x(value)} ${plotBox.bottom}v4"/><text class="tick" x="${x(value)}" y="${plotBox.bottom + 16}">${tickText(value)}</text>`,
  );
  return html`${across}${along}<text class="axis" x="0" y="11">${withUnit(plot.y.label, yUnit.text)}</text>
<text class="axis end" x="${right}" y="${plotBox.height - 4}">${withUnit(plot.x.label, xUnit.text)}</text>`;
}

function withUnit(label: string, unit: string): string {
  return unit === "" ? label : `${label}, ${unit}`;
}

function renderLine(line: PlotLine, layout: LineLayout, colours: SubjectColours): Markup {
  const { x, y, xUnit, yUnit } = layout;
  const at = line.points.map(
    (point) => `${tenth(x(point.x / xUnit.per))},${tenth(y(point.y / yUnit.per))}`,
  );
  const classes = line.limit ? "limit" : colours(line.subject);
  const marks = line.points.length > MARKS || line.limit ? [] : line.points;
  return html`<g class="${classes}"><title>${line.subject}</title><polyline class="line" points="${at.join(" ")}"/>${marks.map((point) => renderPoint(line, point, layout))}</g>
`;
}

function renderPoint(line: PlotLine, point: Point, { x, y, xUnit, yUnit }: LineLayout): Markup {
  const [cx, cy] = [x(point.x / xUnit.per), y(point.y / yUnit.per)];
  const { min = point.y, max = point.y } = point;
  const whisker =
    min < max
      ? html`<path class="whisker" d="M${cx} ${y(min / yUnit.per)}V${y(max / yUnit.per)}"/>`
      : null;
  const words = `${line.subject}: ${inUnit(point.y, yUnit)} ${yUnit.text} at ${inUnit(point.x, xUnit)} ${xUnit.text}`;
  const title = point.flags ? `${words}; ${point.flags}` : words;
  return html`${whisker}<circle class="${point.flags ? "ring" : "dot"}" cx="${cx}" cy="${cy}" r="3.5"><title>${title}</title></circle>`;
}

function renderNames(
  lines: readonly PlotLine[],
  layout: LineLayout,
  colours: SubjectColours,
): Markup {
  const { x, y, xUnit, yUnit, right } = layout;
  const ends = lines.map(({ points }) => points.at(-1) as Point);
  const places = placeLabels(
    ends.map((end) => y(end.y / yUnit.per)),
    LABEL,
    plotBox.bottom,
  );
  return html`${lines.map((line, at) => {
    const end = ends[at] as Point;
    const [from, to] = [y(end.y / yUnit.per), places[at] as number];
    const leader = html`<path class="leader" d="M${x(end.x / xUnit.per) + 4} ${from}L${right + 10} ${to}"/>`;
    const classes = line.limit ? "limit" : colours(line.subject);
    return html`<g class="${classes}">${leader}<text class="name start" x="${right + 13}" y="${to + 4}">${fitted(line.subject, plotWidth - right - 13)}</text></g>`;
  })}`;
}

function tellEnds({ points }: PlotLine, { xUnit, yUnit }: LineLayout): string {
  const ends = [points[0], points.at(-1)] as [Point, Point];
  return ends
    .map((end) => `${inUnit(end.y, yUnit)} ${yUnit.text} at ${inUnit(end.x, xUnit)} ${xUnit.text}`)
    .join(", ");
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
