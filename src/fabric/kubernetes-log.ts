import type { Logger } from "../telemetry/log.ts";
import { LogLimit } from "../telemetry/log-limit.ts";
import type { FabricStatus } from "./fabric.ts";

/** The error before the first attempt. */
export const NOT_YET = "not yet connected";

const PER_MINUTE = 20;
/** Of the rejected annotations, in one line; the status has all. */
const MAX_REJECTED = 5;

/** Logs each change of the status once, not each attempt, and no more than so many per minute. */
export class FabricLog {
  readonly #log: Logger;
  readonly #limit = new LogLimit(PER_MINUTE);
  #last = "";

  constructor(log: Logger) {
    this.#log = log;
  }

  tell({ connected, nodes, rejected, lastError }: FabricStatus): void {
    const state = JSON.stringify({ connected, rejected, lastError });
    if (state === this.#last || lastError === NOT_YET) return;
    const suppressed = this.#limit.admit();
    if (suppressed === null) return;
    this.#last = state;
    const facts = { nodes, ...(suppressed > 0 && { suppressed }) };
    const some = { ...facts, count: rejected.length, rejected: rejected.slice(0, MAX_REJECTED) };
    if (!connected) this.#log.warn({ ...facts, reason: lastError }, "fabric: the API is away");
    else if (rejected.length > 0) this.#log.warn(some, "fabric: annotations rejected");
    else this.#log.info(facts, "fabric: in step with the Kubernetes API");
  }

  /** An exception where there should be none. */
  failed(error: unknown): void {
    this.#log.error({ err: error }, "fabric: a change of the Nodes could not be used");
  }
}
