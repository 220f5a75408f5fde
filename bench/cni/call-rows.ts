import { quantile, spread } from "../lib/stats.ts";
import { makeRow, type Row } from "../row.ts";

/** Milliseconds of every call in one round, by what was called. */
export type CallTimes<Verb extends string = "ADD" | "DEL"> = Record<Verb, number[]>;

/** Quantiles over all calls; min and max are the lowest and highest quantile of a round. */
export function callRows<Verb extends string>(
  scenario: string,
  subject: string,
  rounds: readonly CallTimes<Verb>[],
): Row[] {
  const verbs = Object.keys(rounds[0] ?? {}) as Verb[];
  return verbs.flatMap((verb) =>
    ([0.5, 0.95] as const).map((q) => {
      const metric = `${verb.toLowerCase()}-p${q * 100}`;
      const byRound = rounds.map((calls) => calls[verb]).filter((calls) => calls.length > 0);
      const { min, max } = spread(byRound.map((calls) => quantile(calls, q)));
      const median = quantile(byRound.flat(), q);
      const key = { scenario, subject, metric, unit: "ms" };
      return makeRow(key, { median, min, max }, rounds.length);
    }),
  );
}
