import type { FieldRange, FrameSpec, SizeShare, Source } from "../frames/types.ts";

/** An interface, and the network namespace it is in; null: ours. */
export interface Endpoint {
  netns: string | null;
  ifname: string;
}

/** The way of the test frames: in by one interface of a device under test, out by another. */
export interface Lane {
  tx: Endpoint;
  rx: Endpoint;
  /** What is sent when nothing varies. */
  frame: FrameSpec;
  /**
   * A pcap file to be replayed instead, frame by frame. Its frames carry no stamp: what arrives is
   * counted, and nothing is known of order and delay.
   */
  capture?: string;
  /** Fields that tell flows apart on this lane, so that the device forwards all of them. */
  flowFields: readonly FieldRange["field"][];
  /** What the device does to a frame on its way. */
  arrival: {
    /** TTL or hop limit that a forwarded frame must have; null: any. */
    ttl: number | null;
    /** Bytes of headers that the device puts in front; negative when it takes some away. */
    addedBytes: number;
  };
}

/** What one trial offers to the device. */
export interface Load {
  source: Source;
  sizes: readonly SizeShare[];
  /** Distinct flows, 1 to 65536. */
  flows: number;
  /** Frames per second; null: as fast as the generator can. */
  rate: number | null;
  /** Length of the trial. */
  seconds: number;
  /** Ends the trial after this many frames: the burst of RFC 2544 section 26.4. */
  frames?: number;
}

/** In nanoseconds; quantiles are known to 0.8 %. */
export interface Delays {
  count: number;
  min: number;
  mean: number;
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

/** One-way, from the hand-over to the kernel to the receiving driver. */
export interface LatencyNs extends Delays {
  /** Smoothed difference of successive delays, RFC 3550 section 6.4.1. */
  jitter: number;
}

/** Why a trial is no measurement of the device, or a doubtful one. */
export interface Flag {
  name:
    | "generator-limited" // the generator could not keep the rate that was asked for
    | "sink-limited" // the receiving interface lost frames itself
    | "disturbed" // other work or the hypervisor took CPU time
    | "clock"; // the clock source is none that delays can be read from
  /** In words, with the numbers. */
  text: string;
}

export interface Trial {
  load: Load;
  sent: number;
  received: number;
  /** Sent and never received. */
  lost: number;
  duplicates: number;
  /** Received after a frame that was sent later. */
  reordered: number;
  /** Of those sampled, with a wrong IPv4 header checksum. */
  corrupt: number;
  /** Frames that arrived and were not ours. */
  other: number;
  /** Of steady traffic. */
  seconds: number;
  /** Frames per second, as sent and as received. */
  offeredPps: number;
  receivedPps: number;
  /** Bits per second received, frames with FCS (layer 2). */
  receivedBps: number;
  /** Null where no frame carried a time. */
  latency: LatencyNs | null;
  /** CPU seconds per second that each CPU was busy, softirq and all; without the generator's waiting. */
  cpuBusy: readonly number[];
  /** CPU time of all CPUs per frame received, generator and sink included, other programs not. */
  cpuNsPerFrame: number;
  /** CPU seconds per second used by processes that are not ours or taken by the hypervisor. */
  disturbance: number;
  /** How the generator sends: zero-copy, copy or live-frames; how the sink receives: native, generic or skb. */
  modes: { tx: string; rx: string };
  flags: readonly Flag[];
}

/** How a trial goes, about twice a second. */
export interface Progress {
  /** Since its start, and its whole length. */
  seconds: number;
  ofSeconds: number;
  /** Frames per second received since the last report. */
  receivedPps: number;
  /** So far: missing among those that must have arrived. */
  lost: number;
}

/** Runs one trial on one device, already prepared. Methods are made of it. */
export type RunTrial = (load: Load, onProgress?: (progress: Progress) => void) => Promise<Trial>;
