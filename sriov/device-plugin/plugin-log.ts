import type { Logger } from "../../src/telemetry/log.ts";
import { LogLimit } from "../../src/telemetry/log-limit.ts";

/** The problem before the first look. */
export const NOT_YET = "not yet registered";

const PER_MINUTE = 20;

/** What a pool has to say of the kubelet. */
export interface Standing {
  /** The kubelet has been told of us, or has told us that it knows. */
  registered: boolean;
  /** Why not, in words; "" when registered. */
  problem: string;
}

/** Keeps the standing, and logs its changes: each once, not each attempt, and so many per minute. */
export class PluginLog {
  readonly #log: Logger;
  readonly #standings = new LogLimit(PER_MINUTE);
  readonly #healths = new LogLimit(PER_MINUTE);
  #standing: Standing = { registered: false, problem: NOT_YET };

  constructor(log: Logger) {
    this.#log = log;
  }

  get standing(): Standing {
    return this.#standing;
  }

  registered(): void {
    this.#standing = { registered: true, problem: "" };
    admitted(this.#standings, (facts) =>
      this.#log.info(facts, "device plugin: registered with the kubelet"),
    );
  }

  problem(problem: string): void {
    if (this.#standing.problem === problem) return;
    this.#standing = { registered: false, problem };
    admitted(this.#standings, (facts) =>
      this.#log.warn({ ...facts, reason: problem }, "device plugin: not known to the kubelet"),
    );
  }

  health(device: string, healthy: boolean, reason: string): void {
    admitted(this.#healths, (facts) => {
      if (healthy) this.#log.info({ ...facts, device }, "device plugin: device is healthy");
      else this.#log.warn({ ...facts, device, reason }, "device plugin: device is not healthy");
    });
  }
}

function admitted(limit: LogLimit, write: (facts: object) => void): void {
  const suppressed = limit.admit();
  if (suppressed !== null) write(suppressed > 0 ? { suppressed } : {});
}
