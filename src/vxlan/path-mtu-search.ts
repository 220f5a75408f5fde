import type { PathProbe } from "../dataplane/native.ts";

/** Bytes of outer IP packets between which a search looks. */
export interface SearchBounds {
  /** Asked first: whether the peer answers at all (BASE_PLPMTU of RFC 8899 5.1.2). */
  base: number;
  /** Asked when a router says that this is too long; no shorter one is (MIN_PLPMTU). */
  least: number;
  /** MTU of the own link: no longer one is asked. */
  link: number;
}

export interface SearchStart {
  /** Known to reach the peer. */
  low?: number;
  /** Refused by a router that told this MTU. */
  refused?: { bytes: number; told: number };
  /** What others have found in a black hole by now, 0 for nothing: asked before the middle. */
  guess?(): number;
  /** Losses after which the first size counts as lost. */
  patience?: number;
}

export type PathState = "ok" | "reduced" | "black-hole" | "unknown";

/** Losses after which a size counts as lost: MAX_PROBES of RFC 8899 5.1.2. */
export const MAX_PROBES = 3;
/**
 * The result is at most so much less than what would pass: half a percent of 1,500 bytes for fewer
 * probes that are lost (RFC 8899 5.3.2 leaves the steps to us).
 */
export const PRECISION = 8;

/** BASE_PLPMTU and MIN_PLPMTU of RFC 8899 5.1.2, and 576 of RFC 1122 3.3.3 instead of 68. */
export function searchBounds(family: 4 | 6, link: number): SearchBounds {
  const [base, least] = family === 4 ? [1200, 576] : [1280, 1280];
  return { base: Math.min(base, link), least: Math.min(least, link), link };
}

/**
 * Looks for the longest packet that reaches a peer, one probe after the other (RFC 8899 5.3): the
 * base size, then the link's MTU because it mostly works, then what routers tell, then the middle
 * of what is left. Nothing here sends or waits.
 */
export class PathSearch {
  readonly #bounds: SearchBounds;
  /** What a search from a known size begins with; 0 without. */
  readonly #first: number;
  readonly #guess: () => number;
  #patience: number;
  #low: number;
  /** The shortest that is known not to pass. */
  #high: number;
  /** The one below #high is what a router says is the longest. */
  #told = false;
  /** Nobody said why #high does not pass. */
  #silent = false;
  #losses = 0;
  /** A size that was lost, but not often enough. */
  #again = 0;

  constructor(bounds: SearchBounds, start: SearchStart = {}) {
    this.#bounds = bounds;
    this.#guess = start.guess ?? (() => 0);
    this.#patience = start.patience ?? MAX_PROBES;
    this.#low = start.low ?? 0;
    this.#high = bounds.link + 1;
    this.#first = start.low ? Math.min(start.low + PRECISION, bounds.link) : 0;
    if (start.refused) this.#fail(start.refused.bytes, start.refused.told);
  }

  /** Bytes of the probe to send now; null when nothing more is to be asked. */
  next(): number | null {
    const { link } = this.#bounds;
    if (this.#again > 0) return this.#again;
    if (this.#low === 0) return this.#nextUnanswered();
    // One step tells that a path has not grown, at the cost of one size and not of a search.
    if (this.#low < this.#first && this.#first < this.#high) return this.#first;
    if (this.#low < link && link < this.#high) return link;
    if (this.#told) return this.#low < this.#high - 1 ? this.#high - 1 : null;
    if (this.#high - this.#low <= PRECISION) return null;
    return this.#nextGuess() ?? (this.#low + this.#high) >> 1;
  }

  /** What became of a probe of `bytes`. */
  take(bytes: number, { outcome, mtu }: PathProbe): void {
    const givenUp = outcome !== "silent" || ++this.#losses >= this.#patience;
    this.#again = givenUp ? 0 : bytes;
    if (!givenUp) return;
    this.#losses = 0;
    if (outcome === "reached") this.#reach(bytes);
    else this.#fail(bytes, outcome === "too-big" ? mtu : null);
  }

  /** The longest that has reached the peer, 0 for none. */
  get mtu(): number {
    return this.#low;
  }

  /** What the path is when `next()` is null. */
  get state(): PathState {
    if (this.#low === 0) return "unknown";
    if (this.#low === this.#bounds.link) return "ok";
    return this.#silent ? "black-hole" : "reduced";
  }

  /** A guess that is right costs two sizes. */
  #nextGuess(): number | undefined {
    const guess = this.#guess();
    const guesses = guess > 0 ? [guess, guess + PRECISION] : [];
    return guesses.find((bytes) => this.#low < bytes && bytes < this.#high);
  }

  #nextUnanswered(): number | null {
    const { base, least } = this.#bounds;
    if (base < this.#high) return base;
    return !this.#silent && least < this.#high ? least : null;
  }

  #reach(bytes: number): void {
    this.#low = Math.max(this.#low, bytes);
    this.#patience = MAX_PROBES;
  }

  /** @param told the MTU of who refused it, 0 when that was not said, null when nobody did */
  #fail(bytes: number, told: number | null): void {
    // RFC 8899 4.6.2: what contradicts a probe that has arrived says only that this one has not.
    const floor = Math.max(this.#low, this.#bounds.least);
    const credible = told !== null && told < bytes && told >= floor;
    this.#told = credible;
    this.#silent = told === null;
    this.#high = credible ? told + 1 : bytes;
  }
}
