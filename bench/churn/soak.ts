import type { SoakWindow } from "../methods/soak.ts";
import { type MethodOptions, rateText } from "../methods/step.ts";
import type { RunTrial, Trial } from "../trial/types.ts";
import type { Reading } from "./verdict.ts";
import type { Vitals } from "./vitals.ts";

export interface ChurnSoakOptions extends MethodOptions {
  /** Frames per second; null: as fast as the generator can. */
  rate: number | null;
  windowSeconds: number;
  totalSeconds: number;
  /** Pods come and go from here on. */
  resume: () => void;
  /** Returns when the last of them has gone, and the kernel had time to clean up. */
  pause: () => Promise<void>;
  /** Pods that have come and gone. */
  gone: () => number;
  read: (trial: Trial) => Promise<Vitals>;
  /** Seconds on a clock that never goes back. */
  now: () => number;
}

export type ChurnWindow = SoakWindow & Reading;

/**
 * The same load for long, in windows that are trials of their own, while pods come and go. Between
 * two windows nothing is under way: what is read then would be the same number each time if nothing
 * stayed behind.
 */
export async function* churnSoak(
  run: RunTrial,
  options: ChurnSoakOptions,
): AsyncGenerator<ChurnWindow> {
  const { traffic, rate, windowSeconds, totalSeconds, now, onStep } = options;
  const began = now();
  for (let seconds = 0, window = 1; seconds < totalSeconds; window++) {
    const at = rate === null ? "overload" : rateText(rate);
    const text = `window ${window} at ${at}, ${options.gone()} pods gone`;
    onStep?.({ text, secondsLeft: totalSeconds - seconds });
    options.resume();
    const trial = await run({ ...traffic, rate, seconds: windowSeconds }).finally(options.pause);
    const vitals = await options.read(trial);
    seconds = now() - began;
    yield { seconds, gone: options.gone(), trial, vitals, memoryBytes: vitals["memory-used"] };
  }
}
