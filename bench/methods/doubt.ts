import { setTimeout as delay } from "node:timers/promises";
import type { Flag, RunTrial, Trial } from "../trial/types.ts";

/** Flags that another try may be without; a poor clock source stays poor. */
const passing: readonly Flag["name"][] = ["disturbed", "generator-limited", "sink-limited"];

export interface DoubtOptions {
  /** How often a doubtful trial is run again. */
  times: number;
  /** Between them, so that what disturbs can pass. */
  pauseMs: number;
  /** Doubts about other trials change nothing; default: they always do. */
  matters?: (trial: Trial) => boolean;
}

/** Whether something speaks against the trial that may not speak against the next one. */
export function isDoubtful({ flags }: Trial): boolean {
  return flags.some(({ name }) => passing.includes(name));
}

/**
 * Runs trials so that doubtful ones are run again. What stays doubtful is returned with its flags:
 * that with the fewest, then the least disturbed one.
 */
export function repeatDoubtful(run: RunTrial, options: DoubtOptions): RunTrial {
  const { times, pauseMs, matters = () => true } = options;
  return async (load, onProgress) => {
    let best = await run(load, onProgress);
    for (let again = 0; again < times && isDoubtful(best) && matters(best); again++) {
      await delay(pauseMs);
      const next = await run(load, onProgress);
      if (isBetter(next, best)) best = next;
    }
    return best;
  };
}

function isBetter(one: Trial, other: Trial): boolean {
  const [less, more] = [one.flags.length, other.flags.length];
  return less < more || (less === more && one.disturbance < other.disturbance);
}

/** The flags of several trials, one of each name. */
export function flagsOf(trials: readonly Trial[]): Flag[] {
  const all = trials.flatMap(({ flags }) => flags);
  return [...new Map(all.map((flag) => [flag.name, flag])).values()];
}
