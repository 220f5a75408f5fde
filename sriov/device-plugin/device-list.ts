import type { PluginDevice } from "./device.ts";
import type { Device } from "./messages.ts";

/** The list as the kubelet gets it, ordered by id so that equal lists are equal texts. */
export function deviceList(devices: readonly PluginDevice[], excludeTopology: boolean): Device[] {
  const sorted = [...devices].sort((a, b) => (a.id < b.id ? -1 : 1));
  return sorted.map((device) => ({
    ID: device.id,
    health: device.healthy ? "Healthy" : "Unhealthy",
    topology: excludeTopology ? null : topologyOf(device),
  }));
}

function topologyOf({ numaNode }: PluginDevice): Device["topology"] {
  return numaNode < 0 ? null : { nodes: [{ ID: numaNode }] };
}
