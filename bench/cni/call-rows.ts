import { quantile, spread } from "../lib/stats.ts";
import { makeRow, type Row } from "../row.ts";

/** Milliseconds of every call in one round. */
export type CallTimes = Record<"ADD" | "DEL", number[]>;

/** Quantiles over all calls; min and max are the lowest and highest quantile of a round. */
export function callRows(scenario: string, subject: string, rounds: readonly CallTimes[]): Row[] {
  return (["ADD", "DEL"] as const).flatMap((verb) =>
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
