import type { Source } from "../frames/types.ts";
import type { Load } from "../trial/types.ts";

/** Frames of 64 bytes, as many as the generator can send. @param flows 1 or 65536 */
export function smallFrames(source: Source, flows: number, seconds: number): Load {
  return { source, sizes: [{ bytes: 64, weight: 1 }], flows, rate: null, seconds };
}

/** Destinations of the test frames: the low 16 bits are the flow. */
export const testPrefix = "10.2.0.0/16";

/** The sender and its softirq work; what a DUT without a core of its own runs on as well. */
export const generatorCpu = 0;
/** The core of a DUT that has one of its own. */
export const dutCpu = 1;
