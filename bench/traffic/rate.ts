import { openScope, type Scope } from "../../test/harness/scope.ts";
import { kernelRoute } from "../duts/kernel-route.ts";
import { millrace as agent } from "../duts/millrace.ts";
import { raiseSession } from "../lib/priority.ts";
import { median } from "../lib/stats.ts";
import { asForwarder } from "./adapt.ts";
import { smallFrames } from "./load.ts";
import { runRounds, type Score } from "./rounds.ts";
import { isDisturbed, takeSample } from "./sample.ts";

export interface RateOptions {
  /** Length of one sample. */
  seconds: number;
  rounds: number;
  /** Owns what is set up; without one the comparison opens and closes its own. */
  scope?: Scope;
}

/** Medians of 64-byte packets per second, one flow, packets as a pod sends them. */
export interface RateComparison {
  /** Packets per second through the ring loop on a core of its own. */
  millrace: number;
  /** Packets per second by kernel IPv4 forwarding at its best placement. */
  kernel: number;
  /** Median of the per-round ratios millrace / kernel. */
  ratio: number;
  rounds: number;
  /** Samples during which other work used this machine. */
  disturbed: number;
  /** Where each of the two did its work. */
  placement: { millrace: string; kernel: string };
}

/**
 * Compares Millrace with kernel forwarding on the same kind of veths, alternately in one run.
 * Short, for the demo; `npm run bench` is the measurement to quote.
 */
export async function comparePacketRate(options: RateOptions): Promise<RateComparison> {
  if (options.scope !== undefined) return compare(options.scope, options);
  await using scope = await openScope("bench");
  return await compare(scope, options);
}

async function compare(scope: Scope, { seconds, rounds }: RateOptions): Promise<RateComparison> {
  using _ = raiseSession();
  const forwarders = [
    await asForwarder(scope, "millrace", await agent.start(scope, "route")),
    await asForwarder(scope, "kernel", await kernelRoute.start(scope)),
  ];
  const load = smallFrames("skb", 1, seconds);
  let disturbed = 0;
  const scores = await runRounds(forwarders, new Map([["", load]]), {
    rounds,
    signal: scope.signal,
    take: (run, one) => takeSample(run, one, 0),
    onSample: (_round, _key, _subject, sample) => {
      if (isDisturbed(sample)) disturbed++;
    },
  });
  const [millrace, kernel] = (["millrace", "kernel"] as const).map(
    (subject) => scores.get("")?.get(subject) as Score,
  ) as [Score, Score];
  const ratios = millrace.rates.map((rate, round) => rate / (kernel.rates[round] as number));
  return {
    millrace: median(millrace.rates),
    kernel: median(kernel.rates),
    ratio: median(ratios),
    rounds,
    disturbed,
    placement: { millrace: millrace.placement, kernel: kernel.placement },
  };
}
