import type { PathProbe } from "../dataplane/native.ts";
import {
  MAX_PROBES,
  PathSearch,
  type PathState,
  type SearchStart,
  searchBounds,
} from "./path-mtu-search.ts";

/** Another VTEP as the prober needs to know it. */
export interface ProbedPeer {
  /** Name of our VTEP. */
  vtep: string;
  /** Our address toward it. */
  source: string;
  /** Its address, of the same family. */
  address: string;
  /** MTU of the uplink toward it. */
  linkMtu: number;
}

export interface PathTimes {
  /** Between two confirmations of what is known. */
  confirmMs: number;
  /**
   * Between two attempts at more (PMTU_RAISE_TIMER of RFC 8899 5.1.1); also the longest that a
   * silent peer is left alone.
   */
  raiseMs: number;
  /** The shortest that a silent one is. */
  silentMs: number;
  /** Before a probe that was lost is sent again. */
  retryMs: number;
}

export interface PathHints {
  /** What a time is multiplied with, about 1. */
  jitter(): number;
  /** MTU of the last black hole behind the same link, 0 for none: peers mostly share it. */
  guess(linkMtu: number): number;
}

type Search = { kind: "search" | "raise"; search: PathSearch };
/** Of what is known; or of what a search has `found`, before that is believed. */
type Confirm = { kind: "confirm"; bytes: number; losses: number; found: PathSearch | null };

/** What is known of the path to one peer, and what is asked next. Nothing here sends or waits. */
export class PeerPath {
  #peer: ProbedPeer;
  readonly #times: PathTimes;
  readonly #hints: PathHints;
  #state: PathState = "unknown";
  #mtu = 0;
  #since: number;
  #due: number;
  #begun: number;
  #raiseAt = 0;
  #silence: number;
  #answers = false;
  #task: Search | Confirm;

  /**
   * @param now milliseconds, as all times here
   * @param due when the first probe is to be sent
   */
  constructor(peer: ProbedPeer, times: PathTimes, hints: PathHints, now: number, due: number) {
    this.#peer = peer;
    this.#times = times;
    this.#hints = hints;
    this.#since = now;
    this.#due = due;
    this.#begun = due;
    this.#silence = times.silentMs;
    this.#task = this.#search({ patience: 1 });
  }

  get peer(): ProbedPeer {
    return this.#peer;
  }
  get state(): PathState {
    return this.#state;
  }
  /** Bytes of the longest outer packet that is known to reach it; 0 when none ever was. */
  get mtu(): number {
    return this.#mtu;
  }
  /** Since when it is in this state. */
  get since(): number {
    return this.#since;
  }
  /** When the next probe is to be sent. */
  get due(): number {
    return this.#due;
  }
  /** When the first probe of the search or confirmation that is under way was due. */
  get begun(): number {
    return this.#begun;
  }
  /** Whether the last probe was answered, so that the next will hardly wait in vain. */
  get answers(): boolean {
    return this.#answers;
  }

  /** Bytes of the probe to send next. */
  get bytes(): number {
    if (this.#task.kind === "confirm") return this.#task.bytes;
    const bytes = this.#task.search.next();
    if (bytes === null) throw new Error(`path to ${this.#peer.address}: nothing to probe`);
    return bytes;
  }

  /** Our address or the link's MTU is another: searches again and keeps what may still be true. */
  follow(peer: ProbedPeer, now: number): void {
    this.#peer = peer;
    this.#mtu = Math.min(this.#mtu, peer.linkMtu);
    this.#begin(this.#search(), now);
  }

  /** What became of the probe of `bytes`. @returns whether state or MTU are others now */
  take(bytes: number, probe: PathProbe, now: number): boolean {
    this.#answers = probe.outcome !== "silent";
    this.#due = this.#answers ? now : now + this.#times.retryMs;
    if (this.#task.kind === "confirm") return this.#confirm(this.#task, probe, now);
    const { kind, search } = this.#task;
    search.take(bytes, probe);
    if (search.next() !== null) return false;
    return this.#conclude(kind, search, now);
  }

  #confirm(task: Confirm, { outcome, mtu }: PathProbe, now: number): boolean {
    if (outcome === "reached") {
      if (task.found) return this.#settle(task.found, now);
      this.#schedule(now);
      return false;
    }
    if (outcome === "silent" && ++task.losses < MAX_PROBES) return false;
    // RFC 8899 4.3: the path has become narrower, or the peer is away for a while.
    const refused = { bytes: task.bytes, told: mtu };
    const again = this.#search(outcome === "too-big" ? { refused } : {});
    // What was refused may have been the least.
    if (again.search.next() === null) return this.#settle(again.search, now);
    this.#task = again;
    return false;
  }

  /** Who was away during a search looks like a black hole: it is believed when it shows twice. */
  #conclude(kind: Search["kind"], search: PathSearch, now: number): boolean {
    if (search.state !== "black-hole") return this.#settle(search, now);
    const { mtu: bytes } = search;
    this.#task =
      kind === "search" ? this.#raise(bytes) : { kind: "confirm", bytes, losses: 0, found: search };
    return false;
  }

  #settle({ state, mtu }: PathSearch, now: number): boolean {
    // A peer that is silent now may answer again over the same path: what was known stays.
    const known = state === "unknown" ? this.#mtu : mtu;
    const changed = state !== this.#state || known !== this.#mtu;
    if (state !== this.#state) this.#since = now;
    this.#state = state;
    this.#mtu = known;
    if (state === "unknown") this.#waitForAnswer(now);
    else this.#know(now);
    return changed;
  }

  #know(now: number): void {
    this.#silence = this.#times.silentMs;
    this.#raiseAt = now + this.#times.raiseMs * this.#hints.jitter();
    this.#schedule(now);
  }

  #schedule(now: number): void {
    if (now >= this.#raiseAt && this.#mtu < this.#peer.linkMtu) {
      this.#begin(this.#raise(this.#mtu), now);
    } else {
      const task: Confirm = { kind: "confirm", bytes: this.#mtu, losses: 0, found: null };
      this.#begin(task, now + this.#times.confirmMs * this.#hints.jitter());
    }
  }

  /** Longer and longer, and with one probe each: who does not answer echoes may never do. */
  #waitForAnswer(now: number): void {
    this.#begin(this.#search({ patience: 1 }), now + this.#silence * this.#hints.jitter());
    this.#silence = Math.min(2 * this.#silence, this.#times.raiseMs);
  }

  #begin(task: Search | Confirm, due: number): void {
    this.#task = task;
    this.#due = due;
    this.#begun = due;
  }

  #search(start: SearchStart = {}): Search {
    const family = this.#peer.address.includes(":") ? 6 : 4;
    const { linkMtu } = this.#peer;
    const guess = () => this.#hints.guess(linkMtu);
    const search = new PathSearch(searchBounds(family, linkMtu), { guess, ...start });
    return { kind: "search", search };
  }

  #raise(low: number): Search {
    return { ...this.#search({ low }), kind: "raise" };
  }
}
