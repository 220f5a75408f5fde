import { BRIDGED_DEFAULTS } from "../config/network-schema.ts";
import type { NetworkConfig } from "../config/schema.ts";
import type { BridgeOptions } from "../dataplane/native.ts";

/** What makes a network a bridged one. */
export interface Bridge {
  options: BridgeOptions;
  /** Of pods whose network configuration does not say. */
  spoofCheck: boolean;
  /** MAC addresses learned behind a pod at most, 0 for no limit. */
  macLimit: number;
}

/** Fills in what the configuration of a bridged network leaves out. */
export function resolveBridge(config: NetworkConfig): Bridge {
  const fdb = config.fdb ?? BRIDGED_DEFAULTS.fdb;
  const flood = config.flood ?? BRIDGED_DEFAULTS.flood;
  return {
    options: {
      fdbSize: fdb.size,
      ageing: fdb.ageing,
      floodPerSecond: flood.perSecond,
      unknownUnicast: flood.unknownUnicast,
      multicast: flood.multicast,
      suppression: config.suppression ?? BRIDGED_DEFAULTS.suppression,
    },
    spoofCheck: (config.spoofchk ?? BRIDGED_DEFAULTS.spoofchk) === "on",
    macLimit: config.macLimit ?? Math.min(BRIDGED_DEFAULTS.macLimit, fdb.size),
  };
}
