import { type Spread, spread } from "../lib/stats.ts";
import type { Target } from "../row.ts";
import type { ForwarderName } from "./forwarder.ts";
import type { Scores } from "./rounds.ts";

/** One measured rate: which scenario, which subject. */
type Rate = [scenario: string, subject: ForwarderName];

/**
 * What is promised, as ratios. Each ratio is taken within a round, whose samples are seconds apart,
 * and the median over the rounds is judged.
 */
function promises(): { of: Rate; to: Rate; least: number; text: string }[] {
  const flows = ["1flow", "64kflows"];
  const kernel = flows.map((count) => ({
    of: [`ipv4-64B-${count}-skb`, "millrace"] as Rate,
    to: [`ipv4-64B-${count}-skb`, "kernel"] as Rate,
    least: 1.25,
    text: `${count}, skb source: at least 1.25 x kernel forwarding at its best placement`,
  }));
  const dpdk = flows.flatMap((count) =>
    ["skb", "frame"].map((source) => ({
      of: [`ipv4-64B-${count}-${source}`, "millrace"] as Rate,
      to: [`ipv4-64B-${count}-${source}`, "dpdk"] as Rate,
      least: 1,
      text: `${count}, ${source} source: at least 1.00 x DPDK`,
    })),
  );
  const many = ["skb", "frame"].map((source) => ({
    of: [`ipv4-64B-64kflows-${source}`, "millrace"] as Rate,
    to: [`ipv4-64B-1flow-${source}`, "millrace"] as Rate,
    least: 0.95,
    text: `${source} source: 64 k flows less than 5 % below 1 flow`,
  }));
  return [...kernel, ...dpdk, ...many];
}

/** Ratio per round of two rates; empty when one of them was not measured. */
export function ratios(scores: Scores, of: Rate, to: Rate): number[] {
  const rates = ([scenario, subject]: Rate) => scores.get(scenario)?.get(subject)?.rates ?? [];
  const [above, below] = [rates(of), rates(to)];
  return above.flatMap((rate, round) => {
    const other = below[round];
    return other === undefined ? [] : [rate / other];
  });
}

/** Compares what was measured with every promise about it. */
export function judge(scores: Scores): Target[] {
  return promises().flatMap(({ of, to, least, text }) => {
    const measured = ratios(scores, of, to);
    if (measured.length === 0) return [];
    const ratio = spread(measured);
    return [{ text: `${text}: measured ${formatRatio(ratio)}`, pass: ratio.median >= least }];
  });
}

/** Our rate over that of each peer, for every scenario measured. */
export function describeRatios(scores: Scores): string[] {
  return [...scores.keys()].flatMap((scenario) => {
    const over = (["kernel", "dpdk"] as const).flatMap((peer) => {
      const measured = ratios(scores, [scenario, "millrace"], [scenario, peer]);
      return measured.length > 0 ? [`millrace/${peer} ${formatRatio(spread(measured))}`] : [];
    });
    return over.length > 0 ? [`${scenario}: ${over.join(", ")}`] : [];
  });
}

export function formatRatio({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
}
