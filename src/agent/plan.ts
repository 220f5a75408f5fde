import type { AttachRequest } from "../../cni/attacher.ts";
import { CNI_ERROR, CniError } from "../../cni/errors.ts";
import { type Address, parseCidr } from "../networks/ip.ts";
import { hostMac, podMac } from "../networks/mac.ts";
import { minMtu } from "../networks/mtu.ts";
import { type Network, podRoutes } from "../networks/network.ts";
import { bootId } from "../store/boot-id.ts";
import { type AttachmentRecord, attachmentKey, type FastpathRecord } from "../store/records.ts";
import { asksOverLink } from "./ipam.ts";
import { aliasOf, hostName } from "./names.ts";
import type { Parts } from "./parts.ts";
import { choosePort } from "./port-wishes.ts";
import { UPLINK } from "./uplinks.ts";

/**
 * Chooses everything an attachment will have. Changes nothing but the record it returns, which
 * must be in the journal before the event loop turns: until then its addresses are not taken.
 * @throws CniError 7 for an mtu or mac that cannot be had; IpamError for addresses
 */
export function planAttachment(
  parts: Parts,
  network: Network,
  request: AttachRequest,
): FastpathRecord {
  const { containerId, ifname, netns, configName, pod } = request;
  requireOrdinary(request);
  requirePods(network);
  const wishes = choosePort(network, request.port ?? {});
  const mtu = chooseMtu(network, request.mtu);
  requireSegment(network, request);
  const addresses = request.ipam ? [] : parts.ipam.reserve(network, request.ips);
  const own = addressesOf({ addresses });
  return {
    containerId,
    ifname,
    network: network.name,
    configName,
    netns,
    hostName: hostName(containerId, ifname),
    hostMac: hostMac(aliasOf(containerId, ifname)),
    podMac: chooseMac(parts, network, request, addresses[0]?.address),
    mtu,
    addresses,
    routes: request.ipam ? [] : podRoutes(network, own),
    ...(request.ipam && { ipam: request.ipam }),
    ...(network.kind === "bridged" && { networkKind: network.kind }),
    queues: parts.podQueues,
    ...wishes,
    alias: aliasOf(containerId, ifname),
    createdAt: new Date().toISOString(),
    bootId: bootId(),
    pod,
  };
}

// The ports of uplinks go by uplink:<interface>, as those of this container would.
function requireOrdinary({ containerId }: AttachRequest): void {
  if (containerId !== UPLINK) return;
  const msg = `CNI_CONTAINERID = ${UPLINK} is the name of the node's own uplinks`;
  throw new CniError(CNI_ERROR.invalidEnvironment, msg, "accepted: any other");
}

// Only the underlay of a VTEP can be like this.
function requirePods({ name, kind, subnets }: Network): void {
  if (kind === "bridged" || subnets.length > 0) return;
  const msg = `network ${name} is an underlay without nodePrefixes and has no pods`;
  throw new CniError(CNI_ERROR.invalidConfig, msg, "accepted: a network with nodePrefixes");
}

// Who asks over the link asks whoever is on the same segment.
function requireSegment({ name, kind }: Network, request: AttachRequest): void {
  if (kind === "bridged" || !asksOverLink(request)) return;
  const msg = `ipam.type = ${request.ipam?.type} cannot be had in network ${name}: it is routed`;
  const accepted = "another IPAM plugin, or a network of kind bridged with a DHCP server";
  throw new CniError(CNI_ERROR.invalidConfig, msg, `accepted: ${accepted}`);
}

/** The addresses of a record without their prefix lengths. */
export function addressesOf(record: Pick<AttachmentRecord, "addresses">): Address[] {
  return record.addresses.map(({ address }) => parseCidr(address).address);
}

function chooseMtu(network: Network, asked: number | undefined): number {
  if (asked === undefined) return network.mtu;
  const hasIpv6 = network.subnets.some(({ prefix }) => prefix.family === 6);
  const least = minMtu({ hasIpv6 });
  if (asked >= least.mtu && asked <= network.mtu) return asked;
  throw new CniError(
    CNI_ERROR.invalidConfig,
    `mtu = ${asked} cannot be had in network ${network.name}`,
    `accepted: ${least.mtu} (${least.because}) to ${network.mtu} (mtu of the network)`,
  );
}

function chooseMac(
  { journal }: Parts,
  network: Network,
  { mac, containerId, ifname }: AttachRequest,
  address: string | undefined,
): string {
  // Whoever gets an address after this pod inherits its MAC; without address nobody does.
  const key = attachmentKey(containerId, ifname);
  if (mac === undefined) return podMac(network.name, address ?? key);
  const refuse = (holder: string) =>
    new CniError(
      CNI_ERROR.invalidConfig,
      `mac = ${mac} cannot be had in network ${network.name}: ${holder} has it`,
      "accepted: a unicast MAC address that nobody in the network has",
    );
  if (network.kind === "routed" && mac === network.gatewayMac) throw refuse("the gateway");
  for (const { record } of journal.attachments.values()) {
    if (record.network !== network.name || record.podMac !== mac) continue;
    throw refuse(`attachment ${attachmentKey(record.containerId, record.ifname)}`);
  }
  return mac;
}
