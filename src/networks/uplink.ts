import type { UplinkConfig } from "../config/schema.ts";
import type { PortOptions, PortVlans } from "../dataplane/native.ts";
import { portVlans } from "./vlans.ts";

/** An interface that connects a network with others. */
export interface Uplink {
  ifname: string;
  dedicated: boolean;
  capture: PortOptions["capture"];
  queues: number | "auto";
  /** Null in a routed network. */
  vlan: PortVlans | null;
}

/** @param kind of the network; the configuration has been checked */
export function resolveUplink(config: UplinkConfig, kind: "routed" | "bridged"): Uplink {
  const dedicated = config.use === "dedicated";
  const routedCapture = dedicated ? "dedicated" : "shared";
  return {
    ifname: config.interface,
    dedicated,
    capture: kind === "bridged" ? "all" : routedCapture,
    queues: config.queues,
    vlan: kind === "bridged" ? portVlans(config) : null,
  };
}
