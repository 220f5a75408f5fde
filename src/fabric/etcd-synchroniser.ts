/**
 * Says when what was read counts as complete. A listener may know nodes from before a restart of
 * the agent, which cannot be held here as those that were read. So when the store was away before
 * it was first read, they too get the time to write their entries again.
 */
export class Synchroniser {
  readonly #graceLeftMs: () => number;
  readonly #synchronised: () => void;
  #before = false;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param graceLeftMs for how long what is read may still lack what is true
   * @param synchronised is called when it is complete
   */
  constructor(graceLeftMs: () => number, synchronised: () => void) {
    this.#graceLeftMs = graceLeftMs;
    this.#synchronised = synchronised;
  }

  /** Everything was read. */
  read(): void {
    if (this.#timer !== undefined) return;
    const graceLeftMs = this.#before ? 0 : this.#graceLeftMs();
    if (graceLeftMs > 0) {
      this.#timer = setTimeout(() => this.#again(), graceLeftMs);
    } else {
      this.#before = true;
      this.#synchronised();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #again(): void {
    this.#timer = undefined;
    this.read();
  }
}
