import type { Child } from "../lib/child.ts";
import { startAt } from "./program.ts";
import type { Endpoint, Load } from "./types.ts";

/** What the generator tells when it has ended. */
export interface Sent {
  sent: number;
  bytes: number;
  /** On the monotonic clock, as the readings of the sink. */
  started: number;
  seconds: number;
  /** Of them, waiting for the next frame to be due. */
  idle: number;
  /** zero-copy, copy or live-frames. */
  mode: string;
}

export interface GeneratorOptions {
  /** A pcap file with the frames to be played over and over. */
  frames: string;
  stampAt: number;
  tag: number;
  cpu: number;
  /** Sleeps between bursts instead of looking at the clock (source skb). */
  sleeps?: boolean;
}

/** Above this rate reading the clock for each frame would itself slow the generator down. */
const timedPps = 1_000_000;
/** Of a trial without a rate, one frame in so many carries a time. */
const sampled = 64;
/** Frames that are handed over at once; live frames at full rate by half a veth's ring. */
const batch = { usual: 64, full: 128 };

/** Starts sending; it ends by itself after the seconds or frames of the load. */
export function startGenerator(
  at: Endpoint,
  load: Load,
  { frames, stampAt, tag, cpu, sleeps = false }: GeneratorOptions,
): Promise<Child> {
  const { source, rate, seconds } = load;
  const each = rate !== null && rate <= timedPps;
  return startAt(at, "millrace-gen", {
    source,
    frames,
    stamp: stampAt,
    tag,
    cpu,
    rate: rate ?? 0,
    seconds: seconds.toFixed(3),
    count: load.frames ?? 0,
    batch: source === "frame" && rate === null ? batch.full : batch.usual,
    idle: sleeps ? "sleep" : "spin",
    "time-every": each ? 1 : sampled,
  });
}

/** Waits for the end of the generator and reads its report. */
export async function finishGenerator(child: Child, patienceMs: number): Promise<Sent> {
  await child.success(patienceMs);
  return JSON.parse(await child.line()) as Sent;
}
