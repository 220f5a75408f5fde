import { type SoakOptions, type SoakWindow, soak } from "../methods/soak.ts";
import type { RunTrial, Trial } from "../trial/types.ts";
import type { Reading } from "./verdict.ts";
import type { Vitals } from "./vitals.ts";

export interface ChurnSoakOptions extends Omit<SoakOptions, "stopOnLoss" | "memory"> {
  /** Pods come and go from here on. */
  resume: () => void;
  /** Returns when the last of them has gone, and the kernel had time to clean up. */
  pause: () => Promise<void>;
  /** Pods that have come and gone. */
  gone: () => number;
  read: (trial: Trial) => Promise<Vitals>;
}

export type ChurnWindow = SoakWindow & Reading;

/**
 * A soak while pods come and go. Between two windows nothing is under way: what is read then would
 * be the same number each time if nothing stayed behind.
 */
export async function* churnSoak(
  run: RunTrial,
  options: ChurnSoakOptions,
): AsyncGenerator<ChurnWindow> {
  const { resume, pause, gone, read, onStep } = options;
  let vitals!: Vitals; // of the last window
  const amongPods: RunTrial = async (load) => {
    resume();
    const trial = await run(load).finally(pause);
    vitals = await read(trial);
    return trial;
  };
  const windows = soak(amongPods, {
    ...options,
    stopOnLoss: false,
    memory: () => vitals["memory-used"],
    onStep: (step) => onStep?.({ ...step, text: `${step.text}, ${gone()} pods gone` }),
  });
  for await (const window of windows) yield { ...window, gone: gone(), vitals };
}
