import type { Child } from "../lib/child.ts";
import { startAt } from "./program.ts";
import type { Endpoint } from "./types.ts";

/** What has arrived of a trial, at one moment of the monotonic clock. */
export interface SinkReading {
  seconds: number;
  /** How its program is attached: with XDP native or generic; skb: before the network stack. */
  mode: string;
  /** Stamped frames of this trial, duplicates included. */
  packets: number;
  bytes: number;
  duplicates: number;
  reordered: number;
  /** Of those sampled: with a wrong IPv4 header checksum; with another TTL than expected. */
  corrupt: number;
  misrouted: number;
  /** Anything else that arrived. */
  other: number;
  /** Greatest sequence number plus one: so many must have been sent. */
  next: number;
  /** Frames that the interface itself lost. */
  drops: number;
  /** Nanoseconds; buckets are [least, count], in ascending order. */
  delays: {
    count: number;
    sum: number;
    min: number;
    max: number;
    jitter: number;
    buckets: [number, number][];
  };
}

/** What the frames of a trial look like when they arrive; offsets from the first byte. */
export interface Expected {
  /** 1 to 65535, another one for each trial. */
  tag: number;
  stampAt: number;
  /** Of the innermost IP header; 0: not looked at. */
  ipAt: number;
  /** TTL or hop limit; 0: any. */
  ttl: number;
}

/**
 * Where frames end: in the driver by XDP, or as packets that the network stack would take next. The
 * first is as little as possible, and does not make a device pay for the skb that a pod needs.
 */
export const sinkKinds = ["xdp", "skb"] as const;
export type SinkKind = (typeof sinkKinds)[number];

/** Program at the receiving interface that follows the frames of a trial and drops everything. */
export class Sink implements AsyncDisposable {
  readonly #child: Child;

  /** Attaches to the interface; it leaves with the process. @throws Error when it cannot */
  static async start(at: Endpoint, kind: SinkKind = "xdp"): Promise<Sink> {
    const child = await startAt(at, "millrace-sink", { at: kind });
    await child.line();
    return new Sink(child);
  }

  private constructor(child: Child) {
    this.#child = child;
  }

  /** Forgets everything and counts frames of this trial from now on. */
  async expect({ tag, stampAt, ipAt, ttl }: Expected): Promise<void> {
    await this.#child.ask(`expect ${tag} ${stampAt} ${ipAt} ${ttl}`);
  }

  /** Forgets everything and counts whatever arrives from now on. */
  async expectAnything(): Promise<void> {
    await this.#child.ask("expect raw");
  }

  async read(): Promise<SinkReading> {
    return JSON.parse(await this.#child.ask("read")) as SinkReading;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}
