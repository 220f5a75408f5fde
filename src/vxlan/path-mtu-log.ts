import type { Logger } from "../telemetry/log.ts";
import { LogLimit } from "../telemetry/log-limit.ts";
import type { PathMtuView } from "./path-mtu-view.ts";

/** Lines per minute: a router that fails changes the paths to thousands of peers at once. */
const LINES = 10;

const MESSAGES = {
  ok: "packets of the link's MTU reach the peer",
  reduced: "the path to the peer is narrower than the link",
  "black-hole": "black hole: long packets to the peer vanish and no router says so",
  unknown: "the peer does not answer echoes: its path MTU is not known",
} as const;

/** What becomes of the paths, in words. */
export class PathMtuLog {
  readonly #log: Pick<Logger, "debug" | "info" | "warn">;
  readonly #changes: LogLimit;
  readonly #failures: LogLimit;

  constructor(log: Pick<Logger, "debug" | "info" | "warn">, now: () => number) {
    this.#log = log;
    this.#changes = new LogLimit(LINES, now);
    this.#failures = new LogLimit(LINES, now);
  }

  changed(before: PathMtuView, after: PathMtuView): void {
    const { vtep, address: peer, state, mtu, linkMtu } = after;
    const facts = { vtep, peer, state, mtu, linkMtu, before: before.state, mtuBefore: before.mtu };
    // That all is well with a new peer is no news, and there may be thousands.
    if (state === "ok" && before.state === "unknown") {
      this.#log.debug(facts, MESSAGES.ok);
      return;
    }
    const level = state === "black-hole" ? "warn" : "info";
    this.#write(this.#changes, level, facts, MESSAGES[state]);
  }

  /** A probe could not be sent. */
  failed(facts: { source: string; address: string; bytes: number }, error: unknown): void {
    this.#write(this.#failures, "warn", { ...facts, err: error }, "a path could not be probed");
  }

  /** The dataplane did not take it; it is told again. */
  refused({ vtep, address: peer, mtu }: PathMtuView, error: unknown): void {
    const facts = { vtep, peer, mtu, err: error };
    this.#write(this.#failures, "warn", facts, "the path MTU of a peer could not be applied");
  }

  #write(limit: LogLimit, level: "info" | "warn", facts: object, message: string): void {
    const suppressed = limit.admit();
    if (suppressed === null) return;
    this.#log[level]({ ...facts, ...(suppressed > 0 && { suppressed }) }, message);
  }
}
