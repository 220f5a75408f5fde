import type { Flag, Load, RunTrial, Trial } from "../trial/types.ts";

/** A device without a kernel: what it carries is known, so that what a method finds can be judged. */
export interface SimulatedDevice {
  /** Frames per second that it forwards for as long as one likes. */
  capacity: number;
  /** Frames that its queue takes beyond that, once in a trial. */
  queue?: number;
  /** Share of frames that it loses at any rate. */
  randomLoss?: number;
  /** What the generator can send. */
  generator?: number;
  /** Nanoseconds per frame on an empty device. */
  delay?: number;
  /** Chance that other work takes a part of a trial's CPU time; the trial is flagged then. */
  disturbed?: number;
  /** Chance of a loss that nothing explains, not flagged. */
  accident?: number;
}

/** Repeatable random numbers from 0 to 1: a linear congruential generator of 32 bits. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** @param log gets every load */
export function simulate(device: SimulatedDevice, seed = 1, log: Load[] = []): RunTrial {
  const random = seeded(seed);
  return async (load) => {
    log.push(load);
    return trialOf(device, load, random);
  };
}

function trialOf(device: SimulatedDevice, load: Load, random: () => number): Trial {
  const { generator = Number.POSITIVE_INFINITY, queue = 0, randomLoss = 0 } = device;
  const disturbed = random() < (device.disturbed ?? 0);
  const capacity = device.capacity * (disturbed ? 0.3 + 0.6 * random() : 1);
  const fastest = Math.min(generator, 4 * device.capacity);
  const offeredPps = Math.min(load.rate ?? fastest, fastest);
  const sent = Math.min(Math.round(offeredPps * load.seconds), load.frames ?? Number.MAX_VALUE);
  const seconds = sent / offeredPps;
  const excess = Math.max(0, Math.floor((offeredPps - capacity) * seconds - queue));
  const accident = random() < (device.accident ?? 0) ? 1 : 0;
  const lost = Math.min(sent, excess + Math.round(sent * randomLoss) + accident);
  const flags = flagsFor(disturbed, load.rate !== null && load.rate > fastest);
  const ratio = offeredPps / capacity;
  return {
    ...{ load, sent, received: sent - lost, lost, duplicates: 0, reordered: 0, corrupt: 0 },
    ...{ other: 0, seconds, offeredPps, receivedPps: (sent - lost) / seconds },
    receivedBps: ((sent - lost) / seconds) * 64 * 8,
    latency: latencyOf((device.delay ?? 10_000) * (1 + ratio), sent - lost),
    ...{ cpuBusy: [1, 0.5], cpuNsPerFrame: 1500, disturbance: disturbed ? 0.4 : 0 },
    ...{ modes: { tx: "copy", rx: "native" }, flags },
  };
}

function flagsFor(disturbed: boolean, limited: boolean): Flag[] {
  const flags: Flag[] = [];
  if (disturbed) flags.push({ name: "disturbed", text: "others used 40 % of a CPU" });
  if (limited) flags.push({ name: "generator-limited", text: "sent less than asked for" });
  return flags;
}

function latencyOf(mean: number, count: number): Trial["latency"] {
  return {
    ...{ count, min: mean * 0.5, mean, p50: mean, p90: mean * 1.2, p99: mean * 2 },
    ...{ p999: mean * 3, max: mean * 5, jitter: mean * 0.1 },
  };
}
