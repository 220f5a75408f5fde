import type { Load } from "../trial/types.ts";

/** What is sent in all trials of a method; rate and length are the method's. */
export type Traffic = Pick<Load, "source" | "sizes" | "flows">;

/** What a method does next. */
export interface Step {
  /** In a few words, e.g. "search at 812 000 frames/s". */
  text: string;
  /** Seconds of trials until the method has ended, this one included; a guess while it searches. */
  secondsLeft: number;
}

/** What every method takes. */
export interface MethodOptions {
  traffic: Traffic;
  /** Told before each trial. */
  onStep?: ((step: Step) => void) | undefined;
}

/** A rate as steps name it. */
export function rateText(rate: number): string {
  return `${Math.round(rate).toLocaleString("en").replaceAll(",", " ")} frames/s`;
}
