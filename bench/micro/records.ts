import { resolveNetwork } from "../../src/networks/network.ts";
import type { AttachmentRecord } from "../../src/store/records.ts";

/** The network of the pods. */
export const makeNetwork = () =>
  resolveNetwork({
    name: "blue",
    kind: "routed",
    nodePrefixes: ["10.1.0.0/24", "fd00:1::/64"],
    mtu: 1500,
    gateways: [],
    staticRoutes: [],
    uplinks: [],
    leaks: [],
  });

/** Record number `n` of a node's pods, as ADD would write it; n is 2 to 253. */
export function makeRecord(n: number): AttachmentRecord {
  const id = n.toString(16).padStart(2, "0");
  const containerId = `${id}`.repeat(32);
  return {
    containerId,
    ifname: "eth0",
    network: "blue",
    netns: `/run/netns/cni-${containerId.slice(0, 32)}`,
    hostName: `mr${containerId.slice(0, 12)}`,
    hostMac: "02:00:00:00:00:01",
    podMac: `02:00:00:00:01:${id}`,
    mtu: 1500,
    addresses: [
      { address: `10.1.0.${n}/32`, gateway: "10.1.0.1" },
      { address: `fd00:1::${id}/128`, gateway: "fd00:1::1" },
    ],
    routes: [{ dst: "10.1.0.0/24", gw: "10.1.0.1" }],
    alias: `millrace:${containerId}:eth0`,
    createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString(),
    bootId: "6f4d5e7a-0000-4000-8000-000000000000",
    pod: { namespace: "default", name: `web-${n}`, uid: `uid-${n}` },
  };
}
