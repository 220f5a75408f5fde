/** At once, so that 8 peers that do not answer cost 8 threads that wait. */
export const MAX_IN_FLIGHT = 8;
/** Of these, for peers that have not answered lately: the others are not to wait for them. */
export const MAX_IN_FLIGHT_SILENT = MAX_IN_FLIGHT - 2;
/** What 4,000 peers need in a minute, three times. With 1,500 bytes 2.4 Mbit/s. */
export const MAX_PER_SECOND = 200;

/** Who may probe now: so many at once, and so many in a while. */
export class ProbeSlots {
  #budget = 0;
  #inFlight = 0;
  #silent = 0;

  /** So many may begin from now on. */
  renew(budget: number): void {
    this.#budget = budget;
  }

  /** @param answers whether the last probe of the peer was answered */
  isFree(answers: boolean): boolean {
    if (this.#budget <= 0 || this.#inFlight >= MAX_IN_FLIGHT) return false;
    return answers || this.#silent < MAX_IN_FLIGHT_SILENT;
  }

  /** @returns what to call when the probe has ended */
  take(answers: boolean): () => void {
    const silent = answers ? 0 : 1;
    this.#budget--;
    this.#inFlight++;
    this.#silent += silent;
    return () => {
      this.#inFlight--;
      this.#silent -= silent;
    };
  }
}
