import type { Load, RunTrial, Trial } from "../trial/types.ts";
import type { Step } from "./step.ts";

/** One value of what is varied. */
export interface SweepPoint {
  x: number;
  load: Load;
  /** Makes the device ready for it. */
  arrange?: (() => Promise<void>) | undefined;
}

export interface SweepOptions {
  points: readonly SweepPoint[];
  rounds: number;
  /** In words: "flows", "bytes", "routes". */
  axis: string;
  onStep?: ((step: Step) => void) | undefined;
  /** Told of every trial, so that an interruption leaves those before. */
  onTrial?: ((point: SweepPoint, trial: Trial) => void) | undefined;
}

export interface Swept {
  x: number;
  /** One of each round. */
  trials: Trial[];
}

/**
 * Measures each point once per round, every other round backwards, so that what drifts does not
 * look like an effect of what is varied, and arranging goes in small steps.
 */
export async function sweep(run: RunTrial, options: SweepOptions): Promise<Swept[]> {
  const { points, rounds, axis, onStep, onTrial } = options;
  const swept = points.map((point) => ({ point, x: point.x, trials: [] as Trial[] }));
  let secondsLeft = rounds * points.reduce((sum, { load }) => sum + load.seconds, 0);
  for (let round = 0; round < rounds; round++) {
    for (const { point, trials } of round % 2 === 0 ? swept : swept.toReversed()) {
      onStep?.({ text: `round ${round + 1} of ${rounds}: ${point.x} ${axis}`, secondsLeft });
      await point.arrange?.();
      const trial = await run(point.load);
      trials.push(trial);
      onTrial?.(point, trial);
      secondsLeft -= point.load.seconds;
    }
  }
  return swept.map(({ x, trials }) => ({ x, trials }));
}
