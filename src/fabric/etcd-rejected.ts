import type { Logger } from "../telemetry/log.ts";
import { LogLimit } from "../telemetry/log-limit.ts";

const PER_MINUTE = 10;

/** Entries that make no sense, until they do or are gone. */
export class Rejected {
  readonly #log: Logger;
  readonly #limit = new LogLimit(PER_MINUTE);
  readonly #reasons = new Map<string, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  list(): { key: string; reason: string }[] {
    return Array.from(this.#reasons, ([key, reason]) => ({ key, reason }));
  }

  keys(): Iterable<string> {
    return this.#reasons.keys();
  }

  has(key: string): boolean {
    return this.#reasons.has(key);
  }

  /** @param kept whether an earlier state of the entry goes on to count */
  add(key: string, reason: string, kept: boolean): void {
    const known = this.#reasons.get(key) === reason;
    this.#reasons.set(key, reason);
    const suppressed = known ? null : this.#limit.admit();
    if (suppressed === null) return;
    this.#log.warn({ key, reason, kept, suppressed }, "an entry in etcd makes no sense");
  }

  delete(key: string): void {
    this.#reasons.delete(key);
  }
}
