const MINUTE_MS = 60_000;

/** Lets so many lines per minute into the log and counts the others. */
export class LogLimit {
  readonly #perMinute: number;
  readonly #now: () => number;
  #minute = Number.NEGATIVE_INFINITY;
  #admitted = 0;
  #suppressed = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#now = now;
  }

  /** Null: do not log this; else how many were suppressed since the last that was logged. */
  admit(): number | null {
    const now = this.#now();
    if (now - this.#minute >= MINUTE_MS) {
      this.#minute = now;
      this.#admitted = 0;
    }
    if (this.#admitted >= this.#perMinute) {
      this.#suppressed++;
      return null;
    }
    this.#admitted++;
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    return suppressed;
  }
}
