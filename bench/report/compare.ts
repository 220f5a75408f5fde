import { differenceInterval, type Interval, meanInterval } from "./interval.ts";
import { ratios } from "./lookup.ts";
import type { Measurement } from "./result.ts";

/** With fewer, the interval is too wide for anything that one would act on. */
export const fewestRounds = 3;

export type Verdict =
  | "regression"
  | "improvement"
  | "no difference found"
  | "too few rounds"
  | "doubtful";

/** What is compared. */
export type Basis =
  | "pairs" // round n of B with round n of A
  | "reference" // values divided by the reference's of the same round
  | "absolute";

/** One measurement, and the same metric of the reference where there is one. */
export interface Side {
  measurement: Measurement;
  reference: Measurement | undefined;
}

/** How B differs from A; a ratio, or where values of 0 or less have none, a difference. */
export interface Comparison {
  basis: Basis;
  /** Of B/A. */
  ratio: Interval | null;
  /** Of B - A, in the unit of the metric. */
  difference: Interval | null;
  verdict: Verdict;
  /** What speaks against the values of either side. */
  doubts: string[];
}

export interface CompareOptions {
  /** Round n of A and round n of B were made in turns. */
  paired: boolean;
  /** Smallest change that counts, as a fraction: 0.02 is 2 %. */
  threshold: number;
}

/** Compares a measurement with itself made again. */
export function compare(a: Side, b: Side, { paired, threshold }: CompareOptions): Comparison {
  const basis = basisOf(a, b, paired);
  const doubts = [...doubtsOf("A", a, basis), ...doubtsOf("B", b, basis)];
  if (Math.min(rounds(a), rounds(b)) < fewestRounds) {
    return { basis, ratio: null, difference: null, verdict: "too few rounds", doubts };
  }
  const positive = isPositive(a) && isPositive(b);
  const interval = positive ? logInterval(a, b, basis) : plainInterval(a, b, basis);
  const size = positive ? Math.exp(interval.mean) - 1 : interval.mean / largestMean(a, b);
  const verdict = judge(interval, Math.abs(size) >= threshold, a.measurement.better);
  return {
    basis,
    ratio: positive ? exponential(interval) : null,
    difference: positive ? null : interval,
    verdict: doubts.length > 0 ? "doubtful" : verdict,
    doubts,
  };
}

/** Pairs cancel the machine already; a reference would only add its own noise to them. */
function basisOf(a: Side, b: Side, paired: boolean): Basis {
  if (paired && rounds(a) === rounds(b)) return "pairs";
  const related = [a, b].every((side) => isPositive(side) && relative(side) !== undefined);
  return related ? "reference" : "absolute";
}

/** Rates vary in proportion to their size, so it is their logarithms that scatter alike. */
function logInterval(a: Side, b: Side, basis: Basis): Interval {
  const [before, after] = [a, b].map((side) => {
    const values = basis === "reference" ? relative(side) : undefined;
    return (values ?? side.measurement.values).map(Math.log);
  }) as [number[], number[]];
  return intervalOf(before, after, basis);
}

function plainInterval(a: Side, b: Side, basis: Basis): Interval {
  return intervalOf(a.measurement.values, b.measurement.values, basis);
}

function intervalOf(before: readonly number[], after: readonly number[], basis: Basis): Interval {
  if (basis !== "pairs") return differenceInterval(before, after);
  return meanInterval(after.map((value, round) => value - (before[round] as number)));
}

/** A change counts when it can be told from none, and is large enough for anybody to care. */
function judge(
  { mean, low, high }: Interval,
  counts: boolean,
  better: "higher" | "lower",
): Verdict {
  if (!counts || (low <= 0 && high >= 0)) return "no difference found";
  return mean > 0 === (better === "higher") ? "improvement" : "regression";
}

/** Flags of the reference count where values were divided by it. */
function doubtsOf(name: string, { measurement, reference }: Side, basis: Basis): string[] {
  const used = basis === "reference" ? [measurement, reference] : [measurement];
  return used.flatMap((each) =>
    (each?.flags ?? []).map((flag) => `${name}, ${each?.subject}: ${flag.name}: ${flag.text}`),
  );
}

function relative({ measurement, reference }: Side): number[] | undefined {
  return ratios(measurement.values, reference?.values);
}

function rounds({ measurement }: Side): number {
  return measurement.values.length;
}

function isPositive({ measurement, reference }: Side): boolean {
  return [...measurement.values, ...(reference?.values ?? [])].every((value) => value > 0);
}

function largestMean(a: Side, b: Side): number {
  const means = [a, b].map(({ measurement: { values } }) =>
    Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length),
  );
  return Math.max(...means) || 1;
}

function exponential({ mean, low, high }: Interval): Interval {
  return { mean: Math.exp(mean), low: Math.exp(low), high: Math.exp(high) };
}
