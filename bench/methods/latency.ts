import type { RunTrial, Trial } from "../trial/types.ts";
import { type MethodOptions, rateText } from "./step.ts";

export interface LatencyOptions extends MethodOptions {
  /** Frames per second: the throughput. */
  rate: number;
  /** Shares of that rate, 0 to 1. */
  shares: readonly number[];
  seconds: number;
  /** Trials at each share; RFC 2544 section 26.2 asks for 20. */
  repeats: number;
}

export interface LatencyPoint {
  share: number;
  /** Asked for. */
  rate: number;
  /** In their order; all have delays. */
  trials: Trial[];
}

/** A tenth shows the empty device, the whole its queues. */
export const defaultShares = [1, 0.9, 0.5, 0.1];

/**
 * RFC 2544 section 26.2, at the throughput and below it. All frames of a trial are timed instead of
 * one in its middle, so that there are quantiles. The shares take turns, so that what drifts does
 * not look like an effect of the rate.
 * @throws Error when the frames carry no time
 */
export async function latency(run: RunTrial, options: LatencyOptions): Promise<LatencyPoint[]> {
  const { traffic, rate, shares, seconds, repeats, onStep } = options;
  const points = shares.map((share) => ({ share, rate: rate * share, trials: [] as Trial[] }));
  let left = repeats * shares.length;
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const point of points) {
      const text = `latency at ${Math.round(point.share * 100)} %, ${rateText(point.rate)}`;
      onStep?.({ text, secondsLeft: left-- * seconds });
      const trial = await run({ ...traffic, rate: point.rate, seconds });
      if (trial.latency === null) throw new Error(`${text}: no frame carried a time`);
      point.trials.push(trial);
    }
  }
  return points;
}
