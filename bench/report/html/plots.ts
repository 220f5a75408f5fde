import type { Result, Scenario } from "../result.ts";
import { scenarioLabels } from "../scenario-labels.ts";
import type { Metric, ScenarioView, TaskView } from "../view.ts";
import { barGroup, type PlotGroup } from "./bar-group.ts";
import { bySize } from "./by-size.ts";
import { pointsOf } from "./line-layout.ts";
import { renderLines } from "./lines.ts";
import { percentileMetrics, renderPercentiles } from "./percentiles.ts";
import type { SubjectColours } from "./subject-colours.ts";

/** Every plot of one task. */
export function taskPlots(
  { scenarios }: TaskView,
  { reference }: Result,
  colours: SubjectColours,
): PlotGroup[] {
  const metrics = new Map<string, Metric>();
  for (const metric of scenarios.flatMap((view) => view.metrics)) metrics.set(metric.name, metric);
  const percentiles = scenarios.filter((view) => percentileMetrics(view.metrics).length > 0);
  const inLadders = new Set(
    percentiles.flatMap((view) => percentileMetrics(view.metrics)).map(({ name }) => name),
  );
  const alone = [...metrics.values()].filter(({ name }) => !inLadders.has(name));
  return [
    ...sizeGroup(scenarios, colours),
    ...alone.map((metric) => barGroup(metric, scenarios, { reference, colours })),
    ...ladderGroup(percentiles, colours),
  ];
}

/** Plots of the series of a result, those of one title together. */
export function seriesPlots({ series, scenarios }: Result, colours: SubjectColours): PlotGroup[] {
  const labels = seriesLabels(scenarios);
  return [...Map.groupBy(series, ({ title }) => title)].map(([title, all]) => {
    const figures = [...Map.groupBy(all, ({ scenario }) => scenario)].map(([scenario, lines]) => {
      const [first] = lines as [(typeof lines)[number]];
      const drawn = lines.map(({ subject, points }) => ({
        subject,
        points: pointsOf(points),
      }));
      const caption = labels.get(scenario) ?? scenario;
      return renderLines({ caption, x: first.x, y: first.y, lines: drawn }, colours);
    });
    return { title, hint: "", figures };
  });
}

/** Of series, which are not listed below their tasks, by name. */
function seriesLabels(scenarios: readonly Scenario[]): Map<string, string> {
  const labels = scenarioLabels(scenarios);
  return new Map(
    scenarios.map(({ name, task }) => {
      const label = labels.get(name) ?? name;
      return [name, task === undefined || label === name ? label : `${task}, ${label}`];
    }),
  );
}

function sizeGroup(scenarios: readonly ScenarioView[], colours: SubjectColours): PlotGroup[] {
  const figures = bySize(scenarios).map((plot) => renderLines(plot, colours));
  return figures.length === 0 ? [] : [{ title: "by frame size", hint: "", figures }];
}

function ladderGroup(views: readonly ScenarioView[], colours: SubjectColours): PlotGroup[] {
  if (views.length === 0) return [];
  const names = percentileMetrics(views[0]?.metrics ?? []).map(({ name }) =>
    name.replace("latency-", ""),
  );
  const hint = `${names.join(", ")} from left to right; p50 is the filled dot and the number`;
  return [
    { title: "latency", hint, figures: views.map((view) => renderPercentiles(view, colours)) },
  ];
}
