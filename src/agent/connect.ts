import type { PortRequest } from "../dataplane/dataplane.ts";
import type { Native } from "../dataplane/native.ts";
import type { Host } from "../dataplane/port.ts";
import { type Address, formatAddress, hostPrefix } from "../networks/ip.ts";
import { type Network, staticRoutesVia } from "../networks/network.ts";
import { takesUntagged } from "../networks/vlans.ts";
import { attachmentKey, type FastpathRecord } from "../store/records.ts";
import { companionOf, createSteps, deleteCompanion } from "./companion.ts";
import type { Parts } from "./parts.ts";
import { addressesOf } from "./plan.ts";
import { podPort } from "./port-wishes.ts";
import type { Step } from "./steps.ts";

/**
 * Binds the host end of an attachment to the dataplane and lets its addresses lead there.
 * @param reachable whether the pod end can be entered to test the port
 */
export function connectSteps(
  parts: Parts,
  network: Network,
  record: FastpathRecord,
  reachable = true,
): Step[] {
  const { dataplane } = parts;
  const key = attachmentKey(record.containerId, record.ifname);
  const addresses = addressesOf(record);
  const introduce =
    network.kind === "routed"
      ? () => dataplane.addRoutes(key, prefixesOf(network, addresses))
      : () => dataplane.addHosts(key, hostsOf(portRequest(network, record, reachable)));
  return [...portSteps(parts, network, record, reachable), { name: "addRoutes", run: introduce }];
}

/** The part of connectSteps() that makes the port. */
export function portSteps(
  { native, dataplane }: Parts,
  network: Network,
  record: FastpathRecord,
  reachable = true,
): Step[] {
  const request = portRequest(network, record, reachable);
  const companion = companionOf(network, request.attachment, record);
  return [
    ...createSteps(native, companion),
    { name: "addPort", run: () => dataplane.addPort(request) },
  ];
}

function portRequest(network: Network, record: FastpathRecord, reachable: boolean): PortRequest {
  const key = attachmentKey(record.containerId, record.ifname);
  return {
    attachment: key,
    network: record.network,
    ifname: record.hostName,
    role: "pod",
    capture: "all",
    mac: network.kind === "routed" ? network.gatewayMac : record.hostMac,
    podMac: record.podMac,
    addresses: addressesOf(record).map(formatAddress),
    mtu: record.mtu,
    queues: record.queues ?? 1,
    ...podPort(network, record),
    companion: companionOf(network, key, record),
    peer: reachable ? { netns: record.netns, ifname: record.ifname } : null,
  };
}

function prefixesOf(network: Network, addresses: Address[]): string[] {
  const routed = staticRoutesVia(network, addresses).map(({ prefix }) => prefix);
  return [...addresses.map(hostPrefix), ...routed];
}

// Behind a trunk without untagged frames the addresses are of no use.
function hostsOf({ podMac: mac, addresses, vlan }: PortRequest): Host[] {
  if (!vlan || !takesUntagged(vlan)) return [];
  return addresses.map((address) => ({ address, mac, vlan: vlan.pvid }));
}

/**
 * Undoes attaching, each step without effect when there is nothing left to undo. The link goes
 * before the port: the kernel then unbinds the socket under a lock that makes its grace periods
 * short, which halves the time of a DEL.
 */
export function tearDownSteps(parts: Parts, record: FastpathRecord): Step[] {
  const { native, dataplane, networks } = parts;
  const key = attachmentKey(record.containerId, record.ifname);
  const has = networks.get(record.network)?.portBackend === "tc";
  const last = { name: "deleteCompanion", run: () => deleteCompanion(native, key) };
  return [
    { name: "removeRoutes", run: () => dataplane.removeRoutes(key) },
    { name: "deleteLink", run: () => deleteHostEnd(native, record) },
    { name: "removePort", run: () => dataplane.removePort(key) },
    ...(has ? [last] : []),
  ];
}

async function deleteHostEnd(native: Native, { hostName, hostMac, alias }: FastpathRecord) {
  if (await native.deleteLink(hostName, alias)) return;
  // The kernel takes the alias in a second message; an agent killed in between leaves a link that
  // only its name and MAC tell to be ours.
  const links = await native.listLinks();
  const half = links.find((link) => link.name === hostName && link.mac === hostMac);
  if (half?.alias === "") await native.deleteLink(hostName, "");
}
