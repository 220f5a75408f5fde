import type { RunTrial, Trial } from "../trial/types.ts";
import type { MethodOptions } from "./step.ts";

export interface BurstOptions extends MethodOptions {
  /** Longest burst tried; RFC 2544 section 26.4 speaks of 2 s at the maximum rate. */
  seconds: number;
  /** Searches whose results are averaged; RFC 9004 section 5.4 asks for 50 at least. */
  repeats: number;
  /** Of the burst, at least one frame; default 0.01. */
  resolution?: number;
  /** Frames per second that the device forwards for long; for the size of its buffer. */
  throughput?: number | undefined;
}

export interface Bursts {
  /** Frames per second within the bursts. */
  rate: number;
  /** Longest burst without loss found by each search, in frames. */
  frames: number[];
  /** Bursts as long as the longest that was tried: the device may carry any. */
  unlimited: boolean;
  /** The mean of `frames` as time at `rate`, RFC 9004 section 6.2. */
  bufferSeconds: number;
  /** Without what the device forwards meanwhile; null where its throughput is not known. */
  correctedBufferSeconds: number | null;
  trials: Trial[];
}

/** A first guess of the buffer, as a share of the longest burst. */
const guessShare = 1 / 64;
/** Rough number of trials in one search, for the time left. */
const usualTrials = 15;

/**
 * RFC 2544 section 26.4 with the averages of RFC 9004: the longest burst, sent as fast as the
 * generator can, that arrives whole. Each search doubles or halves the burst until both ends are
 * known, then bisects. A loss counts when it happens twice.
 */
export async function backToBack(run: RunTrial, options: BurstOptions): Promise<Bursts> {
  const { traffic, seconds, repeats, onStep, resolution = 0.01 } = options;
  onStep?.({ text: "rate of a burst", secondsLeft: seconds * (1 + repeats) });
  const overload = await run({ ...traffic, rate: null, seconds });
  const rate = overload.offeredPps;
  const longest = Math.max(1, Math.floor(rate * seconds));
  const trials: Trial[] = [overload];
  const frames: number[] = [];
  const arrives = async (burst: number) => {
    const text = `burst of ${burst} frames, search ${frames.length + 1} of ${repeats}`;
    onStep?.({ text, secondsLeft: (usualTrials * (repeats - frames.length) * burst) / rate });
    const once = async () => {
      const trial = await run({ ...traffic, rate: null, seconds: 2 * seconds, frames: burst });
      trials.push(trial);
      return trial.lost === 0;
    };
    return (await once()) || (await once());
  };
  for (let repeat = 0; repeat < repeats; repeat++) {
    const first = overload.lost === 0 ? longest : Math.ceil(longest * guessShare);
    const guess = frames.at(-1) || first;
    frames.push(await longestBurst(arrives, guess, longest, resolution));
  }
  return {
    rate,
    frames,
    unlimited: frames.every((one) => one === longest),
    trials,
    ...buffer(frames, rate, options.throughput),
  };
}

/** @returns 0 when not even a single frame arrives */
async function longestBurst(
  arrives: (frames: number) => Promise<boolean>,
  guess: number,
  longest: number,
  resolution: number,
): Promise<number> {
  let good = 0;
  let bad = longest + 1;
  for (let burst = guess; bad - good > Math.max(1, resolution * good); ) {
    if (await arrives(burst)) good = burst;
    else bad = burst;
    const doubled = good === 0 ? Math.ceil(bad / 2) : Math.min(2 * good, longest);
    const isBracketed = good > 0 && bad <= longest && bad <= 2 * good;
    burst = isBracketed || bad === 1 ? Math.floor((good + bad) / 2) : doubled;
  }
  return good;
}

/** RFC 9004 section 6.2: a burst fills the buffer only as fast as the device does not empty it. */
function buffer(frames: readonly number[], rate: number, throughput: number | undefined) {
  const mean = frames.reduce((sum, one) => sum + one, 0) / frames.length;
  const bufferSeconds = mean / rate;
  const forwarded = throughput === undefined ? null : (bufferSeconds * throughput) / rate;
  const correctedBufferSeconds = forwarded === null ? null : Math.max(0, bufferSeconds - forwarded);
  return { bufferSeconds, correctedBufferSeconds };
}
