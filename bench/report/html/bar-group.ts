import { displayUnit } from "../units.ts";
import type { Metric, ScenarioView } from "../view.ts";
import { type BarPlot, type BarStyle, renderBars } from "./bars.ts";
import type { Markup } from "./markup.ts";

/** Plots whose longest bars differ by more than this have scales of their own. */
const SAME_SCALE = 4;

/** Small plots of one kind under a title. */
export interface PlotGroup {
  title: string;
  hint: string;
  figures: Markup[];
}

/** Bars of one metric, a plot for each scenario. */
export function barGroup(
  metric: Metric,
  scenarios: readonly ScenarioView[],
  common: Pick<BarStyle, "reference" | "colours">,
): PlotGroup {
  const plots = plotsOf(metric.name, scenarios);
  const highest = plots.map(({ bars }) => Math.max(0, ...bars.map(({ cell }) => cell.spread.max)));
  const [least, most] = [Math.min(...highest), Math.max(...highest)];
  // A row of empty plots shows nothing that these words do not.
  if (most === 0) return { title: metric.name, hint: "0 everywhere", figures: [] };
  const same = most <= least * SAME_SCALE;
  const figures = plots.map(({ caption, bars }, at) => {
    const upTo = same ? most : (highest[at] as number);
    const unit = displayUnit(metric.unit, [upTo]);
    const words = same || unit.text === "" ? caption : `${caption} (${unit.text})`;
    return renderBars({ caption: words, bars }, { ...common, metric, unit, upTo });
  });
  const unit = displayUnit(metric.unit, [most]).text;
  const scales = same ? [] : ["each plot has a scale of its own"];
  const hint = [...(same && unit !== "" ? [unit] : []), `${metric.better} is better`, ...scales];
  return { title: metric.name, hint: hint.join(", "), figures };
}

function plotsOf(metric: string, scenarios: readonly ScenarioView[]): BarPlot[] {
  const plots = scenarios.flatMap(({ label, rows }) => {
    const bars = rows.flatMap(({ subject, cells }) => {
      const cell = cells.get(metric);
      return cell ? [{ name: subject, subject, cell }] : [];
    });
    return bars.length === 0 ? [] : [{ caption: label, bars }];
  });
  const subjects = new Set(plots.flatMap(({ bars }) => bars.map(({ subject }) => subject)));
  const [only] = subjects;
  if (plots.length === 1 || subjects.size > 1 || only === undefined) return plots;
  // Many plots with one bar each would compare nothing.
  const bars = plots.flatMap((plot) => plot.bars.map((bar) => ({ ...bar, name: plot.caption })));
  return [{ caption: only, bars }];
}
