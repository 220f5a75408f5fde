import {
  type Address,
  addressBits,
  contains,
  covers,
  overlaps,
  type Prefix,
  parsePrefix,
  prefixSize,
} from "./ip.ts";

/** A node prefix and the gateway its pods use. */
export interface Subnet {
  prefix: Prefix;
  /** Null in a bridged network without a router. */
  gateway: Address | null;
  /** Prefix length of a pod's address. */
  podLength: number;
}

/**
 * A routed network has a gateway for each prefix, the first usable address unless it is named. A
 * bridged one has only those that are named; its pods have the whole segment on-link.
 * @param segments prefixes of a bridged network with the parts of other nodes
 */
export function makeSubnet(
  prefix: Prefix,
  kind: "routed" | "bridged",
  gateways: readonly Address[] = [],
  segments: readonly Prefix[] = [],
): Subnet {
  const { family, base } = prefix;
  const segment = segments.find((one) => covers(one, prefix)) ?? prefix;
  const podLength = kind === "routed" ? addressBits(family) : segment.length;
  const first = kind === "routed" ? { family, value: base + 1n } : null;
  const gateway = gateways.find((one) => one.family === family) ?? first;
  return { prefix, gateway, podLength };
}

/**
 * Why no pod can have an address of the prefix, or null when one can: network and broadcast of
 * IPv4 (RFC 1122 3.2.1.3), subnet-router anycast of IPv6 (RFC 4291 2.6.1), and the gateway.
 */
export function reservedAs(
  { prefix, gateway }: Pick<Subnet, "prefix" | "gateway">,
  address: Address,
): string | null {
  const offset = address.value - prefix.base;
  if (offset === 0n) {
    return prefix.family === 4 ? "network address" : "subnet-router anycast address";
  }
  if (prefix.family === 4 && offset === prefixSize(prefix) - 1n) return "broadcast address";
  return address.value === gateway?.value ? "gateway" : null;
}

/** How many pods can have an address of the subnet at once. */
export function capacity({ prefix, gateway }: Subnet): bigint {
  // The first address, for IPv4 the broadcast address, and the gateway.
  const reserved = (prefix.family === 4 ? 2n : 1n) + (gateway ? 1n : 0n);
  return prefixSize(prefix) - reserved;
}

/** True when a pod can have the address. */
export function subnetHolds(subnet: Subnet, address: Address): boolean {
  return contains(subnet.prefix, address) && reservedAs(subnet, address) === null;
}

const NOT_UNICAST: readonly [cidr: string, what: string][] = [
  ["0.0.0.0/8", "this network (RFC 1122)"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link-local"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved (RFC 1112)"],
  ["::/127", "unspecified or loopback"],
  ["fe80::/10", "link-local"],
  ["ff00::/8", "multicast"],
];

/** Why the prefix cannot be given to pods (RFC 6890), or null when it can. */
export function unicastProblem(prefix: Prefix): string | null {
  const hit = NOT_UNICAST.find(([cidr]) => overlaps(parsePrefix(cidr), prefix));
  return hit ? `overlaps ${hit[0]}, ${hit[1]}` : null;
}
