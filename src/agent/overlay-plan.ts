import { networkInterfaces } from "node:os";
import { ConfigError, type ConfigProblem } from "../config/errors.ts";
import type { Config, NetworkConfig, VtepConfig } from "../config/schema.ts";
import type { VtepRequest } from "../dataplane/dataplane.ts";
import type { HostLink } from "../dataplane/native.ts";
import { type Address, type Family, formatAddress, parseAddress } from "../networks/ip.ts";
import { maxMtuOf, minMtu } from "../networks/mtu.ts";
import { type OverlayMtuFacts, overlayMtu } from "../networks/overlay-mtu.ts";
import { unicastProblem } from "../networks/subnet.ts";

/** What this node has when the agent starts. */
export interface NodeFacts {
  links: readonly HostLink[];
  /** Addresses of an interface of the agent's network namespace, without prefix length. */
  addressesOf: (ifname: string) => string[];
}

/** Addresses of an interface that is up, those with a label of their own included. */
export function interfaceAddresses(ifname: string): string[] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => name === ifname || name.startsWith(`${ifname}:`))
    .flatMap(([, addresses]) => addresses ?? [])
    .map(({ address }) => address);
}

/**
 * The VTEPs of the configuration with their addresses found.
 * @throws ConfigError when the underlay of one has none
 */
export function planVteps(config: Config, facts: NodeFacts): VtepRequest[] {
  return config.vteps.map((vtep, i) => {
    const { name, underlay, port: udpPort, udpChecksum, ttl, dscp, nested } = vtep;
    const addresses = vtep.addresses?.map(parseAddress) ?? findAddresses(config, vtep, i, facts);
    const addressOf = (family: Family) => {
      const address = addresses.find((one) => one.family === family);
      return address ? formatAddress(address) : "";
    };
    return {
      name,
      underlay,
      address4: addressOf(4),
      address6: addressOf(6),
      udpPort,
      udpChecksum,
      ttl,
      dscp: dscp === "inherit" ? -1 : dscp,
      nested,
    };
  });
}

/**
 * The MTU of a network with a VNI.
 * @param index of the network in the configuration
 * @param vtep that it goes through
 * @throws ConfigError with the numbers when it cannot have the one that is named, or any
 */
export function planMtu(
  config: Config,
  index: number,
  vtep: VtepRequest,
  { links }: NodeFacts,
): number {
  const network = config.networks[index] as NetworkConfig;
  const hasIpv6 = network.nodePrefixes.some((prefix) => prefix.includes(":"));
  const families: Family[] = [];
  if (vtep.address4 !== "") families.push(4);
  if (vtep.address6 !== "") families.push(6);
  const uplinks = uplinksOf(config, vtep.underlay).flatMap((ifname) => {
    const link = links.find(({ name }) => name === ifname);
    return link ? [{ ifname, mtu: link.mtu }] : [];
  });
  const facts: OverlayMtuFacts = {
    named: network.mtu ?? null,
    uplinks,
    families,
    least: minMtu({ hasIpv6 }),
    most: maxMtuOf(config.dataplane),
  };
  const found = overlayMtu(facts);
  if ("mtu" in found) return found.mtu;
  throw problem({ key: `networks[${index}].mtu`, value: network.mtu, ...found });
}

/** The first of each family among the uplinks, in their order. */
function findAddresses(
  config: Config,
  { underlay }: VtepConfig,
  index: number,
  { links, addressesOf }: NodeFacts,
): Address[] {
  const ifnames = uplinksOf(config, underlay);
  const usable = ifnames.flatMap(addressesOf).filter(isReadable).map(parseAddress).filter(isUsable);
  const found = ([4, 6] as const).flatMap((f) => usable.find(({ family }) => family === f) ?? []);
  if (found.length > 0) return found;
  const there = ifnames.filter((ifname) => links.some(({ name }) => name === ifname));
  const reason =
    there.length === 0
      ? `missing, and there is no interface ${ifnames.join(" or ")} to take them from`
      : `missing, and uplink ${there.join(" or ")} of network ${underlay} has none that is global unicast`;
  throw problem({
    key: `vteps[${index}].addresses`,
    value: undefined,
    reason,
    accepted: "an address of this node, or an uplink that is up and has one when the agent starts",
  });
}

const uplinksOf = ({ networks }: Config, name: string): string[] =>
  networks.find((one) => one.name === name)?.uplinks.map((uplink) => uplink.interface) ?? [];

// A link-local address may come with its zone, and is of no use anyway.
const isReadable = (text: string): boolean => !text.includes("%");

function isUsable({ family, value: base }: Address): boolean {
  return unicastProblem({ family, base, length: family === 4 ? 32 : 128 }) === null;
}

function problem(what: Omit<ConfigProblem, "source">): ConfigError {
  return new ConfigError({ source: "configuration", ...what });
}
