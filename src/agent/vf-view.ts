import type { VfReadings } from "../../sriov/statistics/reader.ts";
import type { Bdf, NetdevInfo, VfSettings } from "../../sriov/types.ts";
import type { VfKnobs } from "../../sriov/vf/knobs.ts";
import type { VfView } from "../telemetry/vf-metrics.ts";

/** A VF as the agent knows it. */
export interface VfInfo extends VfView {
  /** Its netdev in our namespace; "" when there is none. */
  ifname: string;
  iommuGroup: number | null;
  /** Why no pod could do anything with it; "" in every state but unhealthy. */
  reason: string;
}

/** The same with what the kernel says now. */
export interface VfDetail extends VfInfo {
  /** As its PF has set it up; null with the reason in `untold`. */
  settings: VfSettings | null;
  untold: string;
  /** Wherever it is; null when there is none to be found. */
  netdev: NetdevInfo | null;
  /** What the attachment asked for, and what is given back at its end; null while nobody has it. */
  attached: {
    generation: number;
    knobs: VfKnobs;
    original: { settings: VfSettings | null; netdev: NetdevInfo | null };
  } | null;
}

/** What the agent shows of VFs and does with them for people. */
export interface VfApi {
  /** Names of all pools, also of those without VFs. */
  pools(): readonly string[];
  /** As they were seen last, by PF and number. */
  vfs(): VfInfo[];
  /** Null when there is no such VF. @throws what the kernel says when it cannot be read */
  show(address: Bdf): Promise<VfDetail | null>;
  /**
   * Takes a VF from its attachment and makes it what it was, as a DEL would.
   * @returns the attachment; null when none has it
   * @throws CniError for what could not be given back
   */
  release(address: Bdf): Promise<string | null>;
  /** Waits less than a second and never rejects. */
  statistics(): Promise<VfReadings>;
}

/** Of an agent that looks at no VFs. */
export const NO_VFS: VfApi = {
  pools: () => [],
  vfs: () => [],
  show: async () => null,
  release: async () => null,
  statistics: async () => ({ totals: new Map(), failures: new Map() }),
};
