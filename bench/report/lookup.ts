import type { Measurement, Result } from "./result.ts";

type Key = Pick<Measurement, "scenario" | "subject" | "metric">;

/** Finds measurements of a result by what was measured. */
export type Lookup = (key: Key) => Measurement | undefined;

export function lookup({ measurements }: Pick<Result, "measurements">): Lookup {
  const index = new Map(measurements.map((each) => [text(each), each]));
  return (key) => index.get(text(key));
}

/** Finds the same metric of the reference under the same load; the reference itself has none. */
export function referenceLookup({ measurements, reference }: Result): Lookup {
  if (reference === null) return () => undefined;
  const find = lookup({ measurements });
  return (of) => (of.subject === reference ? undefined : find({ ...of, subject: reference }));
}

/** Value by value; undefined when they are not of the same rounds or a ratio would be infinite. */
export function ratios(
  of: readonly number[],
  to: readonly number[] | undefined,
): number[] | undefined {
  if (to === undefined || of.length !== to.length || to.includes(0)) return undefined;
  return of.map((value, round) => value / (to[round] as number));
}

function text({ scenario, subject, metric }: Key): string {
  return JSON.stringify([scenario, subject, metric]);
}
