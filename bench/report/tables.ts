import type { Spread } from "../lib/stats.ts";
import type { Result, ResultFlag } from "./result.ts";
import { type DisplayUnit, displayUnit, formatNumber, inUnit } from "./units.ts";
import type { Cell, Metric, ScenarioView, SubjectRow } from "./view.ts";

/** Rows of one scenario or more as text, for every kind of report. */
export interface TextTable {
  titles: string[];
  rows: TextRow[];
}

export interface TextRow {
  subject: string;
  /** One for each title but the first, which is the subject's; "" where nothing was measured. */
  cells: string[];
  flags: ResultFlag[];
}

interface Column {
  title: string;
  text: (row: SubjectRow) => string;
}

/** Beside the main one, metrics whose ratio is of interest by itself. */
const compared = ["latency-p99"];

/** Metrics as columns; those whose ratio to the reference is of interest are followed by it. */
export function scenarioTable({ metrics, rows }: ScenarioView, result: Result): TextTable {
  const columns = metrics.flatMap((metric, at) => {
    const ofWhat = at === 0 ? "" : `${metric.name} `;
    const ratio =
      at === 0 || compared.includes(metric.name)
        ? ratioColumn(metric, rows, result.reference, ofWhat)
        : [];
    return [metricColumn(metric, rows), ...ratio];
  });
  const told = (["placement", "modes"] as const).flatMap((key) => wordsColumn(key, rows));
  const all = [...columns, ...told];
  return {
    titles: ["subject", ...all.map(({ title }) => title)],
    rows: rows.map((row) => ({
      subject: row.subject,
      cells: all.map(({ text }) => text(row)),
      flags: flagsOf(row),
    })),
  };
}

/** Each flag of a subject once. */
export function flagsOf({ cells }: SubjectRow): ResultFlag[] {
  const flags = [...cells.values()].flatMap(({ measurement }) => measurement.flags);
  return [...new Map(flags.map((flag) => [flagText(flag), flag])).values()];
}

export function flagText({ name, text }: ResultFlag): string {
  return `${name}: ${text}`;
}

/** The unit that suits every value of a metric in a table or plot. */
export function unitOf(metric: Metric, rows: readonly SubjectRow[]): DisplayUnit {
  const medians = rows.flatMap(({ cells }) => cells.get(metric.name)?.spread.median ?? []);
  return displayUnit(metric.unit, medians);
}

/** "0.823 (0.801 to 0.840)"; one round has no spread. */
export function spreadText({ measurement, spread }: Cell, unit: DisplayUnit): string {
  const { median, min, max } = spread;
  if (measurement.values.length === 1) return inUnit(median, unit);
  return `${inUnit(median, unit)} (${inUnit(min, unit)} to ${inUnit(max, unit)})`;
}

/** "0.82 (0.77 to 0.91)". */
export function ratioText({ median, min, max }: Spread): string {
  const [middle, low, high] = [median, min, max].map(formatRatio);
  return low === high ? `${middle}` : `${middle} (${low} to ${high})`;
}

/** Two digits after the point, more for what would be 0.00. */
export function formatRatio(value: number): string {
  return value >= 0.1 ? value.toFixed(2) : formatNumber(value);
}

function metricColumn(metric: Metric, rows: readonly SubjectRow[]): Column {
  const unit = unitOf(metric, rows);
  const text = ({ cells }: SubjectRow) => {
    const cell = cells.get(metric.name);
    return cell ? spreadText(cell, unit) : "";
  };
  return { title: unit.text === "" ? metric.name : `${metric.name}, ${unit.text}`, text };
}

function ratioColumn(
  metric: Metric,
  rows: readonly SubjectRow[],
  to: string | null,
  ofWhat: string,
): Column[] {
  const ratio = ({ cells }: SubjectRow) => cells.get(metric.name)?.ratio;
  if (to === null || !rows.some(ratio)) return [];
  const text = (row: SubjectRow) => {
    const spread = ratio(row);
    if (spread) return ratioText(spread);
    return row.subject === to ? "1" : "";
  };
  return [{ title: `${ofWhat}of ${to}`, text }];
}

/** What is the same for every metric is told once. */
function wordsColumn(key: "placement" | "modes", rows: readonly SubjectRow[]): Column[] {
  const text = ({ cells }: SubjectRow) => {
    const words = [...cells.values()].flatMap(({ measurement }) => measurement[key] ?? []);
    return [...new Set(words)].join("; ");
  };
  return rows.some((row) => text(row) !== "") ? [{ title: key, text }] : [];
}
