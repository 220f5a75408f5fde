import { setTimeout as delay } from "node:timers/promises";
import { watchOthers } from "../lib/cpu-time.ts";
import { finishGenerator, type Generated, type Lane, startGenerator } from "./generator.ts";
import type { Load } from "./load.ts";
import type { SinkReading } from "./sink.ts";

/** The generator runs this long before the measured window, and as long after it. */
const marginMs = 200;
const pauseMs = 1000;
/** CPU seconds per second that others may use before a sample counts as disturbed. */
const tolerated = 0.1;

export interface Sample {
  /** Test frames per second that reached the sink. */
  pps: number;
  /** Frames per second that the generator sent. */
  offered: number;
  /** CPU seconds per second used by other processes or taken by the hypervisor. */
  disturbance: number;
}

export function isDisturbed({ disturbance }: Sample): boolean {
  return disturbance > tolerated;
}

/**
 * Measures one window of steady traffic. A window in which the machine did other work is measured
 * again, `patience` times at most; the least disturbed one is returned.
 * @throws Error when nothing arrives or what arrives is not what was sent
 */
export async function takeSample(lane: Lane, load: Load, patience: number): Promise<Sample> {
  let best = await measure(lane, load);
  for (let again = 0; again < patience && isDisturbed(best); again++) {
    await delay(pauseMs);
    const next = await measure(lane, load);
    if (next.disturbance < best.disturbance) best = next;
  }
  return best;
}

async function measure(lane: Lane, load: Load): Promise<Sample> {
  const generator = await startGenerator(lane, load, load.seconds + (2 * marginMs) / 1000);
  await using _ = generator;
  await delay(marginMs);
  const usedByOthers = watchOthers();
  const first = await lane.sink.read();
  await delay(load.seconds * 1000);
  const last = await lane.sink.read();
  const disturbance = usedByOthers();
  const generated = await finishGenerator(generator, load.seconds * 1000 + 10_000);
  check(first, last, load);
  const elapsed = trafficSeconds(first, last, generated);
  return {
    pps: (last.packets - first.packets) / elapsed,
    offered: rate(generated),
    disturbance,
  };
}

/** Time within the window that had traffic: on a busy machine we may read before or after it. */
function trafficSeconds(first: SinkReading, last: SinkReading, generated: Generated): number {
  const end = generated.started + generated.seconds;
  return Math.min(last.seconds, end) - Math.max(first.seconds, generated.started);
}

function rate({ sent, seconds }: Generated): number {
  return sent / seconds;
}

function check(first: SinkReading, last: SinkReading, load: Load): void {
  const what = `${load.source} source, ${load.flows} flows`;
  const corrupt = last.corrupt - first.corrupt;
  if (corrupt > 0) throw new Error(`${what}: ${corrupt} sampled frames arrived corrupt`);
  const packets = last.packets - first.packets;
  const other = last.other - first.other;
  if (packets === 0) throw new Error(`${what}: no test frame arrived (${other} other frames)`);
  // A stray ARP or multicast frame is fine; more means that something else was measured.
  if (other > packets / 1000)
    throw new Error(`${what}: ${other} frames that were not sent arrived`);
}
