import { median } from "../lib/stats.ts";
import { compare } from "../report/compare.ts";
import { defaultThreshold } from "../report/diff.ts";
import type { Measurement, Result } from "../report/result.ts";
import { formatRatio } from "../report/tables.ts";
import { displayUnit, inUnit } from "../report/units.ts";
import { tcpScenario } from "./scenarios.ts";

/** A column of the guide's tables: one metric under one scenario. */
export interface Column {
  title: string;
  matches(measurement: Measurement): boolean;
}

const underLoad = (source: string) => (measurement: Measurement) =>
  measurement.metric === "throughput" && measurement.scenario.endsWith(`-${source}`);
/** At the rate that delays are measured at, which the scenario's name ends with. */
const atRate = (metric: string) => (measurement: Measurement) =>
  measurement.metric === metric && /\dpps$/.test(measurement.scenario);

export const columns: readonly Column[] = [
  { title: "rate, packets", matches: underLoad("skb") },
  { title: "rate, frames", matches: underLoad("frame") },
  { title: "delay p50", matches: atRate("latency-p50") },
  { title: "delay p99", matches: atRate("latency-p99") },
  { title: "CPU time", matches: atRate("cpu-per-frame") },
  {
    title: "TCP",
    matches: ({ scenario, metric }) => scenario === tcpScenario.name && metric === "throughput",
  },
];

/** What the usual configuration reached, in its unit: "1.95 Mpps"; "" where it was not measured. */
export function usualText(result: Result, column: Column): string {
  const found = find(result, result.reference, column);
  if (found === undefined) return "";
  const middle = median(found.values);
  const unit = displayUnit(found.unit, [middle]);
  return `${inUnit(middle, unit)} ${unit.text}`;
}

/**
 * The effect of a variant: the ratio to the usual configuration, round by round, with its 95 %
 * interval. Bold where it can be told from no effect, with a dagger where something speaks against
 * the values.
 */
export function effectText(result: Result, subject: string, column: Column): string {
  const before = find(result, result.reference, column);
  const after = find(result, subject, column);
  if (before === undefined || after === undefined) return "";
  const [a, b] = [before, after].map((measurement) => ({ measurement, reference: undefined }));
  if (a === undefined || b === undefined) return "";
  const options = { paired: true, threshold: defaultThreshold };
  const { ratio, verdict, doubts } = compare(a, b, options);
  if (ratio === null) return verdict;
  const text = `${formatRatio(ratio.mean)} (${formatRatio(ratio.low)} to ${formatRatio(ratio.high)})`;
  const told = verdict === "improvement" || verdict === "regression";
  return `${told ? `**${text}**` : text}${doubts.length > 0 ? " †" : ""}`;
}

function find(
  { measurements }: Result,
  subject: string | null,
  column: Column,
): Measurement | undefined {
  return measurements.find((each) => each.subject === subject && column.matches(each));
}
