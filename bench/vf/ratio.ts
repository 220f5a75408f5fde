import { median } from "../lib/stats.ts";
import type { VfTimes } from "./times.ts";

/**
 * How long ADD of ours takes for each time that the peer's takes: the median over the pairs. The two of
 * a pair are a second apart, so a machine that is slow for a while is slow for both.
 * @throws RangeError when no pair was measured
 */
export function addRatio(times: readonly VfTimes[]): number {
  const calls = (subject: VfTimes["subject"]) =>
    times.filter((one) => one.subject === subject).flatMap((one) => one.calls.ADD);
  const theirs = calls("sriov-cni");
  return median(calls("millrace").map((ours, pair) => ours / (theirs[pair] ?? Number.NaN)));
}
