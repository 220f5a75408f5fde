import { networkInterfaces } from "node:os";
import { ConfigError } from "../config/errors.ts";
import { contains, formatPrefix, overlaps, parseAddress, parsePrefix } from "../networks/ip.ts";
import type { Network } from "../networks/network.ts";
import type { Uplink } from "../networks/uplink.ts";

/** An uplink of the configuration. */
export interface UplinkItem {
  network: Network;
  uplink: Uplink;
  /** Where it is in the configuration. */
  path: string;
}

/** Addresses of this network namespace, without those that every host has. */
export function nodeAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, scopeid }) => !internal && !scopeid)
    .map(({ address }) => address);
}

/**
 * Destinations that a shared uplink takes from the node: addresses of pods and what lies behind
 * pods by static routes. A default route is no such thing: all of the node's traffic matches it.
 */
export function capturedPrefixes(
  network: Network,
  networks: ReadonlyMap<string, Network>,
): string[] {
  const behindPods = network.staticRoutes.filter(({ prefix }) => parsePrefix(prefix).length > 0);
  const prefixes = behindPods.map(({ prefix }) => prefix);
  return [...new Set([...podPrefixes(network, networks), ...prefixes])];
}

/** Addresses of pods: the network's own, and of networks that it leaks to. */
export function podPrefixes(
  { subnets, leaks }: Network,
  networks: ReadonlyMap<string, Network>,
): string[] {
  const own = subnets.map(({ prefix }) => formatPrefix(prefix));
  const leaked = leaks.flatMap(({ prefix: text, network }) => {
    const region = parsePrefix(text);
    const theirs = networks.get(network)?.subnets ?? [];
    return theirs
      .filter(({ prefix }) => overlaps(prefix, region))
      .map(({ prefix }) => formatPrefix(prefix.length > region.length ? prefix : region));
  });
  return [...new Set([...own, ...leaked])];
}

/** The node would lose what it sends and receives by its default route. */
export function defaultRouteError({ uplink: { ifname }, network, path }: UplinkItem): ConfigError {
  const what = network.kind === "bridged" ? "every frame" : "every packet that is not its own";
  return new ConfigError({
    source: "configuration",
    key: `${path}.use`,
    value: "dedicated",
    reason:
      `a default route of this node leaves by ${ifname}, and a dedicated uplink takes ${what}` +
      " from the node",
    accepted:
      `${network.kind === "routed" ? '"shared", or ' : ""}another interface,` +
      ` or no default route by ${ifname}`,
  });
}

/**
 * The node would lose what is sent to one of its own addresses; null when it would not.
 * @param captured prefixes (CIDR) of pods that the uplink takes
 */
export function ownAddressError(
  { uplink: { ifname }, path }: UplinkItem,
  captured: readonly string[],
  addresses: readonly string[],
): ConfigError | null {
  for (const text of addresses) {
    const prefix = captured.find((cidr) => contains(parsePrefix(cidr), parseAddress(text)));
    if (prefix === undefined) continue;
    return new ConfigError({
      source: "configuration",
      key: `${path}.interface`,
      value: ifname,
      reason: `this node has the address ${text} of ${prefix}, which the uplink would take from it`,
      accepted: "an uplink of a network whose prefixes hold no address of the node",
    });
  }
  return null;
}
