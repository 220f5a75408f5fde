import { BRIDGED_DEFAULTS } from "../config/network-schema.ts";
import type { Config, NetworkConfig } from "../config/schema.ts";
import type { NetworkOptions } from "../dataplane/native.ts";
import { type Bridge, resolveBridge } from "./bridge.ts";
import {
  type Address,
  type Family,
  formatAddress,
  formatPrefix,
  type Prefix,
  parseAddress,
  parsePrefix,
  sameAddress,
} from "./ip.ts";
import { gatewayMac } from "./mac.ts";
import { DEFAULT_MTU } from "./mtu.ts";
import { makeSubnet, type Subnet } from "./subnet.ts";
import { resolveUplink, type Uplink } from "./uplink.ts";

export interface StaticRoute {
  /** Canonical CIDR. */
  prefix: string;
  via: Address;
}

/** Prefixes for which the routes of another network decide. */
export interface Leak {
  /** Canonical CIDR. */
  prefix: string;
  network: string;
}

/** A network of the configuration with every default worked out. */
export interface Network {
  name: string;
  kind: "routed" | "bridged";
  /** Of a network with a VNI that names none it is worked out when the agent starts. */
  mtu: number;
  /** One per family, IPv4 first. */
  subnets: Subnet[];
  /** Canonical CIDRs pods reach through the gateway. */
  routes: string[];
  staticRoutes: StaticRoute[];
  /** Answered by every port of a routed network. */
  gatewayMac: string;
  uplinks: Uplink[];
  /** Kernel table to follow, or the VRF device that has it. */
  mirror: NonNullable<NetworkConfig["mirror"]> | null;
  leaks: Leak[];
  /** Whether STATUS fails when no address is left. */
  notReadyWhenFull: boolean;
  /** Whether known flows are forwarded by the XDP program itself. */
  flowLane: boolean;
  /** Where frames are taken from devices: by an XDP program, or at tc with a companion. */
  portBackend: "xdp" | "tc";
  /** How frames leave by its ports. */
  transmit: NonNullable<NetworkConfig["transmit"]>;
  /** Null for a routed network. */
  bridge: Bridge | null;
  /** Null for a network that is on this node alone. */
  overlay: NetworkOverlay | null;
}

/** How a network is connected with those of the same VNI on other nodes. */
export interface NetworkOverlay {
  vni: number;
  /** Name of the VTEP. */
  vtep: string;
  /** Bridged networks: whether sources behind other VTEPs are learned from their frames. */
  learning: boolean;
}

/**
 * Resolves a checked configuration; throws only for one that checkConfig would refuse.
 * @param vteps of the configuration
 */
export function resolveNetwork(config: NetworkConfig, vteps: Config["vteps"] = []): Network {
  const { name, kind, mtu = DEFAULT_MTU, mirror = null } = config;
  const gateways = config.gateways.map(parseAddress);
  const cluster = config.clusterPrefixes?.map(parsePrefix) ?? [];
  const subnets = config.nodePrefixes
    .map((prefix) => makeSubnet(parsePrefix(prefix), kind, gateways, cluster))
    .sort((a, b) => a.prefix.family - b.prefix.family);
  const staticRoutes = config.staticRoutes.map(({ prefix, via }) => ({
    prefix: canonical(prefix),
    via: parseAddress(via),
  }));
  const leaks = config.leaks.map(({ prefix, network }) => ({ prefix: canonical(prefix), network }));
  const reached = { subnets, staticRoutes, leaks };
  return {
    name,
    kind,
    mtu,
    ...reached,
    routes:
      config.routes?.map(canonical) ?? (kind === "routed" ? defaultRoutes(reached, cluster) : []),
    gatewayMac: gatewayMac(name),
    uplinks: config.uplinks.map((uplink) => resolveUplink(uplink, kind)),
    mirror,
    notReadyWhenFull: config.notReadyWhenFull ?? false,
    flowLane: config.flowLane ?? false,
    portBackend: config.portBackend ?? "xdp",
    transmit: config.transmit ?? "auto",
    bridge: kind === "bridged" ? resolveBridge(config) : null,
    overlay: resolveOverlay(config, vteps),
  };
}

const canonical = (cidr: string): string => formatPrefix(parsePrefix(cidr));

/** What there is to reach, as far as the network has a gateway of that family. */
function defaultRoutes(
  { subnets, staticRoutes, leaks }: Pick<Network, "subnets" | "staticRoutes" | "leaks">,
  clusterPrefixes: readonly Prefix[],
): string[] {
  const families = new Set(subnets.map(({ prefix }) => prefix.family));
  const routes = [
    ...subnets.map(({ prefix }) => formatPrefix(prefix)),
    ...clusterPrefixes.map(formatPrefix),
    ...staticRoutes.map(({ prefix }) => prefix),
    ...leaks.map(({ prefix }) => prefix).filter((cidr) => families.has(parsePrefix(cidr).family)),
  ];
  return [...new Set(routes)];
}

function resolveOverlay(
  { vni, vtep, learning = BRIDGED_DEFAULTS.learning, kind }: NetworkConfig,
  vteps: Config["vteps"],
): NetworkOverlay | null {
  if (vni === undefined) return null;
  return { vni, vtep: vtep ?? vteps[0]?.name ?? "", learning: kind === "bridged" && learning };
}

/** What the addon takes for a network. */
export function networkOptions(network: Network): NetworkOptions {
  const { name, kind, bridge } = network;
  // The gateway of a bridged network is somebody else.
  const gateway = (family: Family) => (kind === "routed" ? gatewayOf(network, family) : "");
  return {
    name,
    kind,
    gateway4: gateway(4),
    gateway6: gateway(6),
    bridge: bridge && { ...bridge.options },
  };
}

/** The gateway of a family as text, "" when the network has none. */
export function gatewayOf(network: Network, family: Family): string {
  const subnet = network.subnets.find(({ prefix }) => prefix.family === family);
  return subnet?.gateway ? formatAddress(subnet.gateway) : "";
}

/** Static routes that lead to the pod with these addresses. */
export function staticRoutesVia(network: Network, addresses: Address[]): StaticRoute[] {
  return network.staticRoutes.filter(({ via }) =>
    addresses.some((address) => sameAddress(address, via)),
  );
}

/**
 * Routes for a pod with these addresses. What it routes for others is left out: sent to the
 * gateway it would come straight back.
 */
export function podRoutes(network: Network, addresses: Address[]): { dst: string; gw: string }[] {
  const own = new Set(staticRoutesVia(network, addresses).map(({ prefix }) => prefix));
  return network.routes
    .filter((dst) => !own.has(dst))
    .map((dst) => ({ dst, gw: gatewayOf(network, parsePrefix(dst).family) }));
}
