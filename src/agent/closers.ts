/** What was started, to be stopped in reverse. */
export class Closers {
  readonly #stack: (() => Promise<void> | void)[] = [];
  #closing: Promise<void> | null = null;

  push(close: () => Promise<void> | void): void {
    this.#stack.push(close);
  }

  /**
   * Stops everything once, the last started first; one that fails does not keep the others.
   * @throws the first failure
   */
  closeAll(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#stack.reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
