import type { Step } from "../methods/step.ts";
import type { Progress, RunTrial, Trial } from "../trial/types.ts";

/** Where progress goes; standard error. */
export interface LiveOutput {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Set-up and the rests between trials, before any was timed: times the length of a trial. */
const usualOverhead = 1.5;
const clearLine = "\r\u001b[K";

/**
 * Shows what is going on: on a terminal in one line that changes, elsewhere in a line per trial.
 * What is to stay is said with `say`.
 */
export class Live {
  readonly #out: LiveOutput;
  readonly #quiet: boolean;
  readonly #now: () => number;
  #part = "";
  #partsLeft = 0;
  #step: Step = { text: "", secondsLeft: 0 };
  /** Of trials that have ended: how long they were to be, and how long it took. */
  #planned = 0;
  #taken = 0;

  /** @param now milliseconds on a clock that never goes back */
  constructor(out: LiveOutput, quiet: boolean, now: () => number = () => performance.now()) {
    this.#out = out;
    this.#quiet = quiet;
    this.#now = now;
  }

  /** What the steps that follow belong to. @param left parts like this one after it */
  part(text: string, left = 0): void {
    this.#part = text;
    this.#partsLeft = left;
  }

  step(step: Step): void {
    this.#step = step;
    this.#show("");
  }

  /** A line that stays. */
  say(line: string): void {
    if (this.#quiet) return;
    this.#out.write(`${this.#out.isTTY ? clearLine : ""}${line}\n`);
  }

  /** The same trials, shown. */
  watch(run: RunTrial): RunTrial {
    return async (load, onProgress) => {
      const began = this.#now();
      const trial = await run(load, (progress) => {
        this.#show(progressText(progress));
        onProgress?.(progress);
      });
      this.#planned += load.seconds;
      this.#taken += (this.#now() - began) / 1000;
      if (!this.#out.isTTY) this.say(`${this.#heading()}: ${trialText(trial)}`);
      return trial;
    };
  }

  /** Leaves the terminal as it was. */
  close(): void {
    if (this.#out.isTTY && !this.#quiet) this.#out.write(clearLine);
  }

  #show(state: string): void {
    if (!this.#out.isTTY || this.#quiet) return;
    const parts = [this.#left(), state, this.#heading()];
    const text = parts.filter((part) => part !== "").join(" | ");
    // A line that wraps could not be taken back, so the end of a long one is not shown.
    this.#out.write(clearLine + text.slice(0, (this.#out.columns ?? 80) - 1));
  }

  #heading(): string {
    return [this.#part, this.#step.text].filter((text) => text !== "").join(": ");
  }

  #left(): string {
    const overhead = this.#planned > 0 ? this.#taken / this.#planned : usualOverhead;
    const seconds = this.#step.secondsLeft * overhead;
    if (seconds <= 0) return "";
    const more = this.#partsLeft > 0 ? ` and ${this.#partsLeft} more` : "";
    return `${timeText(seconds)} left${more}`;
  }
}

function progressText({ seconds, ofSeconds, receivedPps, lost }: Progress): string {
  return `${seconds.toFixed(1)} of ${ofSeconds.toFixed(1)} s, ${mega(receivedPps)} Mpps, ${lost} lost`;
}

/** A trial in a few words. */
export function trialText({ receivedPps, offeredPps, lost, sent, flags }: Trial): string {
  const share = sent > 0 ? (lost / sent) * 100 : 0;
  const parts = [
    `${mega(receivedPps)} of ${mega(offeredPps)} Mpps`,
    lost === 0 ? "nothing lost" : `${lost} lost (${share.toPrecision(2)} %)`,
    ...flags.map(({ name }) => name),
  ];
  return parts.join(", ");
}

export function mega(rate: number): string {
  return (rate / 1e6).toFixed(3);
}

/** "42 s", "3 min", "2 h 05 min". */
export function timeText(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${`${minutes % 60}`.padStart(2, "0")} min`;
}
