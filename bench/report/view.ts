import { type Spread, spread } from "../lib/stats.ts";
import { type Lookup, ratios, referenceLookup } from "./lookup.ts";
import type { Measurement, Result, Scenario } from "./result.ts";
import { scenarioLabels } from "./scenario-labels.ts";

/** One measurement as reports show it. */
export interface Cell {
  measurement: Measurement;
  spread: Spread;
  /** To the reference, taken within each round; null for the reference itself or without one. */
  ratio: Spread | null;
}

/** What one subject reached under one scenario. */
export interface SubjectRow {
  subject: string;
  /** By metric. */
  cells: ReadonlyMap<string, Cell>;
}

export interface Metric {
  name: string;
  unit: string;
  better: "higher" | "lower";
}

export interface ScenarioView {
  scenario: Scenario;
  /** Without the task: "64 B, 1 flow, skb"; the name where nothing else is known. */
  label: string;
  /** In the order of the result; the first is the main one. */
  metrics: Metric[];
  rows: SubjectRow[];
}

/** Scenarios of one task; "" is that of those without. */
export interface TaskView {
  task: string;
  scenarios: ScenarioView[];
}

/** A result in the order of its scenarios and subjects; scenarios without values are left out. */
export function viewResult(result: Result): TaskView[] {
  const byScenario = Map.groupBy(result.measurements, ({ scenario }) => scenario);
  const labels = scenarioLabels(result.scenarios);
  const references = referenceLookup(result);
  const views = result.scenarios.flatMap((scenario) => {
    const measurements = byScenario.get(scenario.name);
    if (measurements === undefined) return [];
    const bySubject = Map.groupBy(measurements, ({ subject }) => subject);
    const rows = result.subjects
      .filter(({ name }) => bySubject.has(name))
      .map(({ name }) => viewSubject(name, bySubject.get(name) ?? [], references));
    const label = labels.get(scenario.name) ?? scenario.name;
    return [{ scenario, label, metrics: metricsOf(measurements), rows }];
  });
  const tasks = Map.groupBy(views, ({ scenario }) => scenario.task ?? "");
  return [...tasks].map(([task, scenarios]) => ({ task, scenarios }));
}

function metricsOf(measurements: readonly Measurement[]): Metric[] {
  const metrics = new Map<string, Metric>();
  for (const { metric, unit, better } of measurements) {
    if (!metrics.has(metric)) metrics.set(metric, { name: metric, unit, better });
  }
  return [...metrics.values()];
}

function viewSubject(subject: string, all: Measurement[], references: Lookup): SubjectRow {
  const cells = all.map((measurement) => {
    const to = ratios(measurement.values, references(measurement)?.values);
    const ratio = to === undefined ? null : spread(to);
    return [
      measurement.metric,
      { measurement, spread: spread(measurement.values), ratio },
    ] as const;
  });
  return { subject, cells: new Map(cells) };
}
