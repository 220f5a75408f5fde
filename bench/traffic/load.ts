/** How packets reach the device under test: as a pod sends them or as a NIC delivers them. */
export type Source = "skb" | "frame";

export interface Load {
  source: Source;
  /** 1 or 65536. */
  flows: number;
  /** Length of the measured window. */
  seconds: number;
}

/** Destinations of the test frames: the low 16 bits are the flow. */
export const testPrefix = "10.2.0.0/16";
export const testDestination = "10.2.0.1";

/** The sender and its softirq work; what a DUT without a core of its own runs on as well. */
export const generatorCpu = 0;
/** The core of a DUT that has one of its own. */
export const dutCpu = 1;
