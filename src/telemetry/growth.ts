/**
 * Turns totals that begin again at zero, or vanish with their port, into increments. What is added
 * up from these only ever grows, as a Prometheus counter must.
 */
export class Growth {
  #before = new Map<string, Map<string, number>>();
  #now = new Map<string, Map<string, number>>();

  /** How much `counter` of `source` has grown since the last round. */
  since(source: string, counter: string, total: number): number {
    const last = this.#before.get(source)?.get(counter) ?? 0;
    // A counter that cannot be read in one round must not count twice in the next.
    const totals = this.#now.get(source) ?? new Map(this.#before.get(source));
    this.#now.set(source, totals.set(counter, total));
    return total >= last ? total - last : total;
  }

  /** Ends a round and forgets every source that was not seen in it. Returns the forgotten ones. */
  endRound(): string[] {
    const gone = [...this.#before.keys()].filter((source) => !this.#now.has(source));
    this.#before = this.#now;
    this.#now = new Map();
    return gone;
  }
}
