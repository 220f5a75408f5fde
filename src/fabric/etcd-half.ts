import type { Logger } from "../telemetry/log.ts";

/** Reading and publishing go on for themselves: trouble with one does not end the other. */
export class Half {
  connected = false;
  /** Why it is not connected; "" otherwise. */
  error = "";
  readonly #what: string;
  readonly #graceMs: number;
  readonly #log: Logger;
  /** Of the clock that never goes back. */
  #failedAt = Number.NEGATIVE_INFINITY;
  /** Reasons logged since it was connected. */
  readonly #logged = new Set<string>();

  /**
   * @param what it does, for the log
   * @param graceMs how long after trouble the store may lack what is still true
   */
  constructor(what: string, graceMs: number, log: Logger) {
    this.#what = what;
    this.#graceMs = graceMs;
    this.#log = log;
  }

  /**
   * For how long the store may still lack what is true, for all that this half knows; 0 when it has
   * failed long ago or never. While it is away that is the whole time.
   */
  get graceLeftMs(): number {
    if (this.#failedAt === Number.NEGATIVE_INFINITY) return 0;
    if (!this.connected) return this.#graceMs;
    return Math.max(0, this.#failedAt + this.#graceMs - performance.now());
  }

  works(endpoint: string): void {
    if (!this.connected) this.#log.info({ endpoint }, `${this.#what} etcd`);
    this.connected = true;
    this.error = "";
    this.#logged.clear();
  }

  failed(endpoint: string, error: Error): void {
    const reason = words(error);
    this.connected = false;
    this.error = `${endpoint}: ${reason}`;
    this.#failedAt = performance.now();
    // While the store is away attempts fail for the same few reasons, at one member or another.
    if (this.#logged.has(reason)) return;
    this.#logged.add(reason);
    this.#log.warn({ reason: this.error }, `${this.#what}: etcd is away`);
  }
}

/** gRPC ends some messages with a heading that nothing follows. */
const words = (error: Error): string => error.message.replace(/\.? Resolution note: *$/, "");
