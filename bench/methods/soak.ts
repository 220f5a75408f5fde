import type { RunTrial, Trial } from "../trial/types.ts";
import { type MethodOptions, rateText } from "./step.ts";
import { slope } from "./trend.ts";

export interface SoakOptions extends MethodOptions {
  /** Frames per second; null: as fast as the generator can. */
  rate: number | null;
  /** Length of a window; traffic pauses for a moment between two. */
  windowSeconds: number;
  /** Ends after this, with the window that is under way. */
  totalSeconds: number;
  /** Ends after the first window that loses a frame. */
  stopOnLoss: boolean;
  /** Bytes used by what is watched, read after each window; null: cannot be told. */
  memory: () => number | null;
  /** Seconds on a clock that never goes back. */
  now: () => number;
}

export interface SoakWindow {
  /** At its end, since the soak began. */
  seconds: number;
  trial: Trial;
  memoryBytes: number | null;
}

/** Changes per hour, by the line that fits best through the windows. */
export interface Trend {
  ratePerHour: number;
  p99PerHour: number | null;
  cpuNsPerFramePerHour: number;
  memoryPerHour: number | null;
}

/**
 * The same load for hours, in windows that are trials of their own. Windows are yielded as they end,
 * so that an interrupted soak keeps those that have.
 */
export async function* soak(run: RunTrial, options: SoakOptions): AsyncGenerator<SoakWindow> {
  const { traffic, rate, windowSeconds, totalSeconds, now, onStep } = options;
  const began = now();
  for (let seconds = 0, window = 1; seconds < totalSeconds; window++) {
    const at = rate === null ? "overload" : rateText(rate);
    onStep?.({ text: `window ${window} at ${at}`, secondsLeft: totalSeconds - seconds });
    const trial = await run({ ...traffic, rate, seconds: windowSeconds });
    seconds = now() - began;
    yield { seconds, trial, memoryBytes: options.memory() };
    if (options.stopOnLoss && trial.lost > 0) return;
  }
}

export function trend(windows: readonly SoakWindow[]): Trend {
  const perHour = (value: (window: SoakWindow) => number | null) => {
    const points = windows.flatMap((window) => {
      const y = value(window);
      return y === null ? [] : [[window.seconds / 3600, y] as const];
    });
    return points.length === windows.length ? slope(points) : null;
  };
  return {
    ratePerHour: perHour(({ trial }) => trial.receivedPps) ?? 0,
    p99PerHour: perHour(({ trial }) => trial.latency?.p99 ?? null),
    cpuNsPerFramePerHour: perHour(({ trial }) => trial.cpuNsPerFrame) ?? 0,
    memoryPerHour: perHour(({ memoryBytes }) => memoryBytes),
  };
}
