import { setTimeout as delay } from "node:timers/promises";
import type { Sink, SinkReading } from "./sink.ts";
import type { Load, Progress } from "./types.ts";

/** Left out at both ends of a trial, where the rate is not steady. */
const marginMs = 150;
/** Between two looks at the sink. */
const stepMs = 500;
/** A shorter trial has no steady part. */
const leastMs = 400;

/** The first and the last look at the sink while traffic was steady; null when there was no time. */
export type Window = { first: SinkReading; last: SinkReading } | null;

/**
 * Follows a trial that has just been started to shortly before its end.
 * @param running false once the generator has ended by itself
 */
export async function followTrial(
  sink: Sink,
  load: Load,
  running: () => boolean,
  onProgress?: (progress: Progress) => void,
): Promise<Window> {
  const wholeMs = load.seconds * 1000;
  if (wholeMs < leastMs || load.frames !== undefined) return null;
  await delay(marginMs);
  const started = performance.now() - marginMs;
  const first = await sink.read();
  let last = first;
  while (running()) {
    const leftMs = started + wholeMs - marginMs - performance.now();
    if (leftMs <= 0) break;
    await delay(Math.min(stepMs, leftMs));
    const next = await sink.read();
    onProgress?.(progressOf(load, first, last, next));
    last = next;
  }
  return last.seconds > first.seconds ? { first, last } : null;
}

function progressOf(
  { seconds }: Load,
  first: SinkReading,
  before: SinkReading,
  now: SinkReading,
): Progress {
  return {
    seconds: now.seconds - first.seconds + marginMs / 1000,
    ofSeconds: seconds,
    receivedPps: (now.packets - before.packets) / (now.seconds - before.seconds),
    lost: Math.max(0, now.next - (now.packets - now.duplicates)),
  };
}
