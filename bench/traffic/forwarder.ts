import type { Source } from "../frames/types.ts";
import type { RunTrial } from "../trial/types.ts";

/** plain: Millrace routing on the same ports without a tunnel. */
export type ForwarderName = "millrace" | "kernel" | "dpdk" | "plain" | "openvswitch";

/** A device under test between a sending and a receiving pod; the scope it began in removes it. */
export interface Forwarder {
  subject: ForwarderName;
  /** Program, version and settings, for people. */
  description: string;
  /** Measures it once, prepared. */
  run: RunTrial;
  /** Where it can do its work for this source, in words; those with more than one are tried out. */
  placements(source: Source): string[];
  /** Called before each sample with one of these. */
  prepare(placement: string): Promise<void>;
  /** Called after each sample: from here until `prepare` it must not use CPU. */
  rest(): Promise<void>;
}
