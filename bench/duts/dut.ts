import type { Source } from "../frames/types.ts";
import type { Lane } from "../trial/types.ts";

/** A device under test, ready to forward from one end of its lane to the other. */
export interface Dut {
  /** As on the command line and in reports, e.g. "kernel-route". */
  name: string;
  /** Version and settings in a line. */
  description: string;
  lane: Lane;
  /**
   * Where it may do its work, all of which are tried; the best is its result.
   * @param cores only those that have these
   */
  placements(source: Source, cores?: Cores): readonly string[];
  /** Called before each trial. */
  prepare(placement: string): Promise<void>;
  /** Called after each trial: a device that polls leaves the CPU to the others. */
  rest(): Promise<void>;
  /** How long it may forward otherwise than it will, once a sink has come (default 0). */
  noticesWithinMs?: number;
}

/** What a device has: nothing but the generator's core, or one more that is its own. */
export type Cores = "one-core" | "own-core";

/** A place of work, as reports name it. */
export interface Placement {
  name: string;
  cores: Cores;
}

/** What a lane is for. */
export type Task = "route" | "bridge" | "vxlan-encap" | "vxlan-decap";
