import type { RunTrial, Trial } from "../trial/types.ts";
import { type MethodOptions, rateText } from "./step.ts";

export interface LossOptions extends MethodOptions {
  seconds: number;
  /** 100 % in frames per second; default: what the generator can send. */
  maximum?: number | undefined;
}

export interface LossPoint {
  /** Share of the maximum rate, 0 to 1. */
  share: number;
  trial: Trial;
}

/** RFC 2544 section 26.3 allows finer steps, and none coarser. */
const steps = 10;
const enoughWithoutLoss = 2;

/**
 * RFC 2544 section 26.3: frame loss at the maximum rate, and in steps of a tenth downwards until
 * two successive trials lose nothing. The last point of a device that always loses is at 10 %.
 */
export async function loss(run: RunTrial, options: LossOptions): Promise<LossPoint[]> {
  const { traffic, seconds, onStep } = options;
  const points: LossPoint[] = [];
  let maximum = options.maximum ?? null;
  for (let step = steps; step > 0 && !hasEnough(points); step--) {
    const share = step / steps;
    const rate = maximum === null ? null : maximum * share;
    const text = rate === null ? "100 %" : `${share * 100} %, ${rateText(rate)}`;
    onStep?.({ text: `loss at ${text}`, secondsLeft: step * seconds });
    const trial = await run({ ...traffic, rate, seconds });
    maximum ??= trial.offeredPps;
    points.push({ share, trial });
  }
  return points;
}

function hasEnough(points: readonly LossPoint[]): boolean {
  const last = points.slice(-enoughWithoutLoss);
  return last.length === enoughWithoutLoss && last.every(({ trial }) => trial.lost === 0);
}

/** Frames per second of the highest step below which nothing is lost; 0: there is none. */
export function losslessRate(points: readonly LossPoint[]): number {
  return hasEnough(points) ? (points.at(-enoughWithoutLoss)?.trial.offeredPps ?? 0) : 0;
}
