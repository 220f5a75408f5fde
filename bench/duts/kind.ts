import type { Scope } from "../../test/harness/scope.ts";
import type { Source } from "../frames/types.ts";
import type { Dut, Task } from "./dut.ts";

/** A device under test as it is listed: what it can do, whether it can run here, how it starts. */
export interface DutKind {
  /** As on the command line and in reports. */
  name: string;
  tasks: readonly Task[];
  sources: readonly Source[];
  /** What it is and what it does with a frame, in a line. */
  summary: string;
  /** Why it cannot run on this machine, with the remedy; null when it can. */
  missing(): Promise<string | null>;
  /**
   * Makes it ready to forward; the scope removes it with everything around it.
   * @param task one of `tasks`
   * @throws Error when it does not start, with its last words
   */
  start(scope: Scope, task: Task): Promise<Dut>;
}

/** Both ways that frames can come. */
export const bothSources: readonly Source[] = ["skb", "frame"];
