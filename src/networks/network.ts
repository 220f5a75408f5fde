import type { NetworkConfig } from "../config/schema.ts";
import {
  type Address,
  type Family,
  formatAddress,
  formatPrefix,
  parseAddress,
  parsePrefix,
  sameAddress,
} from "./ip.ts";
import { gatewayMac } from "./mac.ts";
import { makeSubnet, type Subnet } from "./subnet.ts";

export interface StaticRoute {
  /** Canonical CIDR. */
  prefix: string;
  via: Address;
}

/** A network of the configuration with every default worked out. */
export interface Network {
  name: string;
  mtu: number;
  /** One per family, IPv4 first. */
  subnets: Subnet[];
  /** Canonical CIDRs pods reach through the gateway. */
  routes: string[];
  staticRoutes: StaticRoute[];
  /** Answered by every port of the network. */
  gatewayMac: string;
}

/** Resolves a checked configuration; throws only for one that checkConfig would refuse. */
export function resolveNetwork(config: NetworkConfig): Network {
  const gateways = config.gateways.map(parseAddress);
  const subnets = config.nodePrefixes
    .map(parsePrefix)
    .map((prefix) =>
      makeSubnet(
        prefix,
        gateways.find(({ family }) => family === prefix.family),
      ),
    )
    .sort((a, b) => a.prefix.family - b.prefix.family);
  const staticRoutes = config.staticRoutes.map(({ prefix, via }) => ({
    prefix: formatPrefix(parsePrefix(prefix)),
    via: parseAddress(via),
  }));
  const routes = config.routes?.map((text) => formatPrefix(parsePrefix(text))) ?? [
    ...subnets.map(({ prefix }) => formatPrefix(prefix)),
    ...staticRoutes.map(({ prefix }) => prefix),
  ];
  const { name, mtu } = config;
  return { name, mtu, subnets, routes, staticRoutes, gatewayMac: gatewayMac(name) };
}

/** The gateway of a family as text, "" when the network has none. */
export function gatewayOf(network: Network, family: Family): string {
  const subnet = network.subnets.find(({ prefix }) => prefix.family === family);
  return subnet ? formatAddress(subnet.gateway) : "";
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
