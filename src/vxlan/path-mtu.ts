import type { PathProbe } from "../dataplane/native.ts";
import type { Logger } from "../telemetry/log.ts";
import { PathMtuLog } from "./path-mtu-log.ts";
import { PeerPath, type ProbedPeer } from "./path-mtu-peer.ts";
import { MAX_PER_SECOND, ProbeSlots } from "./path-mtu-slots.ts";
import { type PathMtuView, viewOf } from "./path-mtu-view.ts";

export interface PathMtuParts {
  /** One packet of so many bytes; see `Native.probePath`. */
  probe(source: string, destination: string, bytes: number, timeoutMs: number): Promise<PathProbe>;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Everyone that frames are sent to. Read every second. */
  peers(): readonly ProbedPeer[];
  /** Called when it is another than before; again until it does not reject. */
  onChange(vtep: string, address: string, mtu: number): void | Promise<void>;
  log: Pick<Logger, "debug" | "info" | "warn">;
  /** 0 to 1, by default Math.random. */
  random?(): number;
}

export interface PathMtuOptions {
  /** Seconds between two confirmations of what is known. */
  intervalSeconds: number;
  enabled: boolean;
}

/** PROBE_TIMER: the least that RFC 8899 5.1.1 allows; nodes of a cluster are far nearer. */
const TIMEOUT_MS = 1000;
/** PMTU_RAISE_TIMER: what RFC 8899 5.1.1 recommends. */
const RAISE_MS = 600_000;
const RETRY_MS = 200;
const TICK_MS = 100;
const SYNC_MS = 1000;
const JITTER = 0.2;

interface Entry {
  path: PeerPath;
  probing: boolean;
  /** What was told last; 0 is what everyone assumes at first. */
  delivered: number;
}

/**
 * Knows how long a packet reaches each peer, by echoes that may not be fragmented, in the way of
 * RFC 4821 and RFC 8899: outer packets are never fragmented, and a router that drops long ones
 * without a word is a black hole that nobody else would report.
 */
export class PathMtuProber {
  readonly #parts: PathMtuParts;
  readonly #enabled: boolean;
  readonly #times;
  readonly #log: PathMtuLog;
  readonly #entries = new Map<string, Entry>();
  readonly #running = new Set<Promise<void>>();
  readonly #slots = new ProbeSlots();
  /** MTU of the last one that was found, by that of the link. */
  readonly #blackHoles = new Map<number, number>();
  /** Found by the last tick. */
  #due: Entry[] = [];
  #syncAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: PathMtuParts, { intervalSeconds, enabled }: PathMtuOptions) {
    this.#parts = parts;
    this.#enabled = enabled;
    const confirmMs = intervalSeconds * 1000;
    const raiseMs = Math.max(RAISE_MS, confirmMs);
    this.#times = { confirmMs, raiseMs, silentMs: confirmMs / 8, retryMs: RETRY_MS };
    this.#log = new PathMtuLog(parts.log, parts.now);
  }

  /** Begins to probe. Does not keep the process alive. */
  start(): void {
    if (!this.#enabled || this.#timer || this.#stopped) return;
    this.#timer = setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** Sends nothing more, for good, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#entries.clear();
    this.#due = [];
    await Promise.all(this.#running);
  }

  /** Sends what is due and within the bounds; start() calls it ten times a second. */
  tick(): void {
    if (this.#stopped) return;
    const now = this.#parts.now();
    if (now >= this.#syncAt) this.#sync(now);
    this.#slots.renew((MAX_PER_SECOND * TICK_MS) / 1000);
    this.#findDue(now);
    this.#pump();
  }

  /** What to apply a peer with: 0 while nothing is known. */
  mtuOf(vtep: string, address: string): number {
    return this.#entries.get(keyOf({ vtep, address }))?.path.mtu ?? 0;
  }

  views(): PathMtuView[] {
    return [...this.#entries.values()].map(({ path }) => viewOf(path));
  }

  /** Peers that are gone are forgotten, new ones begin at a time of their own. */
  #sync(now: number): void {
    this.#syncAt = now + SYNC_MS;
    const peers = this.#parts.peers();
    const spreadMs = (peers.length / MAX_PER_SECOND) * 1000;
    const known = new Set<string>();
    for (const peer of peers) {
      const key = keyOf(peer);
      known.add(key);
      const entry = this.#entries.get(key);
      if (!entry) this.#entries.set(key, this.#entryOf(peer, now, now + this.#random() * spreadMs));
      else if (!isSame(entry.path.peer, peer)) entry.path.follow(peer, now);
    }
    for (const key of this.#entries.keys()) if (!known.has(key)) this.#entries.delete(key);
  }

  #entryOf(peer: ProbedPeer, now: number, due: number): Entry {
    const hints = {
      jitter: () => 1 + JITTER * (this.#random() - 0.5),
      guess: (linkMtu: number) => this.#blackHoles.get(linkMtu) ?? 0,
    };
    const path = new PeerPath(peer, this.#times, hints, now, due);
    return { path, probing: false, delivered: 0 };
  }

  /** Who began first comes first: searches end one by one, and the next make use of the results. */
  #findDue(now: number): void {
    const entries = [...this.#entries.values()];
    this.#due = entries.filter(({ probing, path }) => !probing && path.due <= now);
    this.#due.sort((a, b) => a.path.begun - b.path.begun);
  }

  /** Those that wait for silent ones to end are passed. */
  #pump(): void {
    const waiting: Entry[] = [];
    for (const entry of this.#due) {
      if (this.#slots.isFree(entry.path.answers)) this.#send(entry);
      else waiting.push(entry);
    }
    this.#due = waiting;
  }

  #send(entry: Entry): void {
    entry.probing = true;
    const done = this.#slots.take(entry.path.answers);
    const running = this.#probe(entry).finally(() => {
      entry.probing = false;
      done();
      this.#running.delete(running);
      this.#pump();
    });
    this.#running.add(running);
  }

  async #probe(entry: Entry): Promise<void> {
    const { path } = entry;
    const { peer, bytes } = path;
    const probe = await this.#ask(peer, bytes);
    // Removed, or to be asked another way, while the answer was under way.
    if (this.#entries.get(keyOf(peer)) !== entry || path.peer !== peer) return;
    const before = viewOf(path);
    if (path.take(bytes, probe, this.#parts.now())) this.#log.changed(before, viewOf(path));
    if (path.state === "black-hole") this.#blackHoles.set(peer.linkMtu, path.mtu);
    await this.#deliver(entry);
  }

  async #ask({ source, address }: ProbedPeer, bytes: number): Promise<PathProbe> {
    try {
      return await this.#parts.probe(source, address, bytes, TIMEOUT_MS);
    } catch (error) {
      this.#log.failed({ source, address, bytes }, error);
      return { outcome: "silent", mtu: 0 };
    }
  }

  async #deliver(entry: Entry): Promise<void> {
    const { mtu, peer } = entry.path;
    if (mtu === entry.delivered) return;
    const { delivered } = entry;
    entry.delivered = mtu;
    try {
      await this.#parts.onChange(peer.vtep, peer.address, mtu);
    } catch (error) {
      entry.delivered = delivered;
      this.#log.refused(viewOf(entry.path), error);
    }
  }

  #random(): number {
    return (this.#parts.random ?? Math.random)();
  }
}

function keyOf({ vtep, address }: Pick<ProbedPeer, "vtep" | "address">): string {
  return `${vtep} ${address}`;
}

function isSame(a: ProbedPeer, b: ProbedPeer): boolean {
  return a.source === b.source && a.linkMtu === b.linkMtu;
}
