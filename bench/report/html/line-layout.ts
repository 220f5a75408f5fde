import { median } from "../../lib/stats.ts";
import type { Axis } from "../result.ts";
import { type DisplayUnit, displayUnit } from "../units.ts";
import { plotWidth, textWidth } from "./frame.ts";
import { type Scale, scaleOver } from "./ticks.ts";

export const plotBox = { height: 236, top: 22, bottom: 200, left: 40 };

export interface Point {
  x: number;
  y: number;
  /** Lowest and highest of the rounds, where there were several. */
  min?: number;
  max?: number;
  /** Why it is doubtful. */
  flags?: string;
}

export interface PlotLine {
  subject: string;
  /** A limit rather than something measured. */
  limit?: boolean;
  points: readonly Point[];
}

export interface LinePlot {
  caption: string;
  x: Axis;
  y: Axis;
  lines: readonly PlotLine[];
}

export interface LineLayout {
  x: Scale;
  y: Scale;
  xUnit: DisplayUnit;
  yUnit: DisplayUnit;
  right: number;
}

/** Values of several rounds at one place become their median with a whisker. */
export function pointsOf(values: readonly (readonly [x: number, y: number])[]): Point[] {
  return [...Map.groupBy(values, ([x]) => x)].map(([x, all]) => {
    const ys = all.map(([, y]) => y);
    return { x, y: median(ys), min: Math.min(...ys), max: Math.max(...ys) };
  });
}

/** Zero and less have no place on a logarithmic axis. */
export function drawable(line: PlotLine, { x, y }: LinePlot): PlotLine {
  const points = line.points.filter((point) => (!x.log || point.x > 0) && (!y.log || point.y > 0));
  return { ...line, points: points.toSorted((a, b) => a.x - b.x) };
}

export function layOut({ x, y }: LinePlot, lines: readonly PlotLine[]): LineLayout {
  const points = lines.flatMap((line) => line.points);
  const xs = points.map((point) => point.x);
  const ys = points.flatMap((point) => [point.y, point.max ?? point.y]);
  const [xUnit, yUnit] = [displayUnit(x.unit, xs), displayUnit(y.unit, ys)];
  const names = Math.min(116, Math.max(...lines.map(({ subject }) => textWidth(subject))) + 14);
  const right = plotWidth - names;
  return {
    x: scaleOver(
      xs.map((value) => value / xUnit.per),
      [plotBox.left, right],
      x.log === true,
    ),
    y: scaleOver(
      ys.map((value) => value / yUnit.per),
      [plotBox.bottom, plotBox.top],
      y.log === true,
    ),
    xUnit,
    yUnit,
    right,
  };
}
