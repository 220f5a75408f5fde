import type { Scope } from "../../test/harness/scope.ts";

/** One hot path of the agent. */
export interface MicroCase {
  /** Scenario name, micro-<what>. */
  name: string;
  /** What one operation is. */
  what: string;
  /** Prepares what the operation works on; the scope takes it away. Returns the operation. */
  prepare(scope: Scope): (() => unknown) | Promise<() => unknown>;
}
