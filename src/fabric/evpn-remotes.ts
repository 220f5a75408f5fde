import type { KernelFdbEntry } from "../dataplane/native.ts";
import type { EvpnDevice } from "./evpn-device.ts";
import { ANY_MAC } from "./evpn-options.ts";
import type { FabricNetwork } from "./fabric.ts";

export interface Remotes {
  /** What each remote VTEP has of the network, by its address. */
  readonly networks: ReadonlyMap<string, FabricNetwork>;
  readonly rejected: readonly { key: string; reason: string }[];
}

/**
 * Reads RFC 7432 routes back from what a routing daemon made of them: flood entries (type 3), FDB
 * entries and neighbours (type 2) and routes by a remote VTEP (type 5, RFC 9136).
 */
export function remotesOf(device: EvpnDevice): Remotes {
  const { vni, udpPort } = device.vxlan;
  const rejected: { key: string; reason: string }[] = [];
  const networks = new Map<string, FabricNetwork>();
  const stations = new Map<string, { destination: string; addresses: string[] }>();
  for (const entry of device.fdb) {
    const { mac, destination } = entry;
    if (!isRemote(entry, device)) continue;
    const reason = whyNot(entry, device);
    if (reason !== "") {
      rejected.push({ key: `${device.name} ${mac}`, reason });
      continue;
    }
    if (!networks.has(destination)) {
      networks.set(destination, { vni, udpPort, mac: "", prefixes: [], endpoints: [] });
    }
    if (mac !== ANY_MAC) stations.set(mac, { destination, addresses: [] });
  }
  // A station of a tenant may have the address that a VTEP has in the underlay.
  const routers = new Set(device.routes.flatMap(({ gateways }) => gateways));
  for (const { address, mac, external } of device.neighbours) {
    if (!external || mac === "") continue;
    const router = routers.has(address) ? networks.get(address) : undefined;
    if (router) router.mac = mac;
    else stations.get(mac)?.addresses.push(address);
  }
  for (const { prefix, gateways } of device.routes) {
    for (const gateway of new Set(gateways)) networks.get(gateway)?.prefixes.push(prefix);
  }
  for (const [mac, { destination, addresses }] of stations) {
    const network = networks.get(destination);
    if (network && network.mac !== mac) network.endpoints.push({ mac, addresses });
  }
  for (const network of networks.values()) sort(network);
  return { networks, rejected };
}

/** Neither what the kernel has learned from packets, nor groups, nor our own VTEP. */
function isRemote(entry: KernelFdbEntry, { vxlan }: EvpnDevice): boolean {
  const { mac, destination, nexthop, permanent, fixed, external } = entry;
  if (destination === "" && nexthop === 0) return false;
  const isGroup = (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
  return destination !== vxlan.local && !isGroup && (permanent || fixed || external);
}

function whyNot(entry: KernelFdbEntry, { vxlan }: EvpnDevice): string {
  const { destination, vni, udpPort, nexthop } = entry;
  if (nexthop !== 0) return "is behind several VTEPs (EVPN multihoming), which is not followed";
  if (isMulticast(destination)) return `is flooded to group ${destination}, not to VTEPs`;
  if (vni !== 0 && vni !== vxlan.vni) return `is in VNI ${vni} there and in ${vxlan.vni} here`;
  if (udpPort !== 0 && udpPort !== vxlan.udpPort) {
    return `is on UDP port ${udpPort} there and on ${vxlan.udpPort} here`;
  }
  return "";
}

function isMulticast(address: string): boolean {
  if (address.includes(":")) return address.startsWith("ff");
  const first = Number.parseInt(address, 10);
  return first >= 224 && first < 240;
}

/** The kernel lists what is in hash tables in any order. */
function sort({ prefixes, endpoints }: FabricNetwork): void {
  prefixes.sort();
  endpoints.sort((a, b) => (a.mac < b.mac ? -1 : 1));
  for (const { addresses } of endpoints) addresses.sort();
}
