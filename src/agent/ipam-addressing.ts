import { CNI_ERROR, CniError, show } from "../../cni/errors.ts";
import type { CniResult, CniRoute } from "../../cni/result.ts";
import {
  type Address,
  canonicalCidr,
  formatAddress,
  formatPrefix,
  hostPrefix,
  parseAddress,
  parseCidr,
  parsePrefix,
} from "../networks/ip.ts";
import { gatewayOf, type Network, podRoutes } from "../networks/network.ts";
import { reservedAs, subnetHolds } from "../networks/subnet.ts";
import type { Addressing } from "../store/records.ts";

/** Words for what the plugin gave and a pod cannot have. */
type Refuse = (key: string, value: unknown, reason: string, accepted: string) => CniError;

function refusing(type: string): Refuse {
  return (key, value, reason, accepted) => {
    const msg = `IPAM plugin ${type} gave ${key} = ${show(value)}: ${reason}`;
    return new CniError(CNI_ERROR.invalidConfig, msg, `accepted: ${accepted}`);
  };
}

/**
 * What an IPAM plugin gave, as a pod of mode fastpath gets it.
 * @param type of the plugin, for errors
 * @throws CniError 7 for addresses and routes that the network cannot have
 */
export function podAddressing(network: Network, type: string, given: CniResult): Addressing {
  const refuse = refusing(type);
  const own = asGiven(given, refuse);
  requireOnePerFamily(own, refuse);
  return network.kind === "bridged" ? own : routed(network, own, refuse);
}

/** The same for a VF, which may have any number of addresses. @throws CniError 7 */
export function vfAddressing(type: string, given: CniResult): Addressing {
  return asGiven(given, refusing(type));
}

/** As in the reference plugins: a route without gateway goes by that of its family. */
function asGiven({ ips, routes, dns }: CniResult, refuse: Refuse): Addressing {
  if (ips.length === 0) throw refuse("ips", [], "a pod needs an address", "at least one address");
  const addresses = ips.map(({ address, gateway = "" }, i) => ({
    address: reading(refuse, `ips[${i}].address`, address, canonicalCidr),
    gateway: gateway && reading(refuse, `ips[${i}].gateway`, gateway, canonicalAddress),
  }));
  return {
    addresses,
    routes: routes.map((route, i) => {
      refuseAttributes(route, i, refuse);
      const dst = reading(refuse, `routes[${i}].dst`, route.dst, canonicalPrefix);
      return { dst, gw: gatewayFor(addresses, dst, route, i, refuse) };
    }),
    dns,
  };
}

function gatewayFor(
  addresses: Addressing["addresses"],
  dst: string,
  { gw = "" }: CniRoute,
  i: number,
  refuse: Refuse,
): string {
  if (gw !== "") return reading(refuse, `routes[${i}].gw`, gw, canonicalAddress);
  const family = familyOf(dst);
  const gateways = addresses.map(({ gateway }) => gateway).filter((one) => one !== "");
  return gateways.find((one) => parseAddress(one).family === family) ?? "";
}

function refuseAttributes({ dst, gw: _, ...more }: CniRoute, i: number, refuse: Refuse): void {
  const [attribute] = Object.entries(more);
  if (!attribute) return;
  const [key, value] = attribute;
  throw refuse(`routes[${i}].${key}`, value, `the route to ${dst} cannot have it`, "dst and gw");
}

function reading(
  refuse: Refuse,
  key: string,
  text: string,
  read: (text: string) => string,
): string {
  try {
    return read(text);
  } catch (error) {
    throw refuse(key, text, (error as Error).message, "what the CNI spec says");
  }
}

const canonicalAddress = (text: string) => formatAddress(parseAddress(text));
const canonicalPrefix = (text: string) => formatPrefix(parsePrefix(text));

// The port of a pod knows one address of each, and drops what has another source.
function requireOnePerFamily({ addresses }: Addressing, refuse: Refuse): void {
  const seen = new Set<number>();
  for (const [i, { address }] of addresses.entries()) {
    const { family } = parseCidr(address).address;
    const accepted = "one address of each family, or mode vf";
    if (seen.has(family)) {
      throw refuse(`ips[${i}].address`, address, `a second IPv${family} address`, accepted);
    }
    seen.add(family);
  }
}

/**
 * In a routed network the ring loop is the only gateway, and knows the addresses by the prefixes
 * of the network. The pod gets the routes of the network too, as with addresses from there, for the
 * families that it has.
 */
function routed(network: Network, given: Addressing, refuse: Refuse): Addressing {
  const own = given.addresses.map(({ address }) => parseCidr(address).address);
  for (const [i, { address, gateway }] of given.addresses.entries()) {
    requireInside(network, own[i] as Address, `ips[${i}].address`, address, refuse);
    requireGateway(network, `ips[${i}].gateway`, gateway, refuse);
  }
  for (const [i, { gw }] of given.routes.entries()) {
    requireGateway(network, `routes[${i}].gw`, gw, refuse);
  }
  const asked = given.routes.map(({ dst }) => ({ dst, gw: gatewayOf(network, familyOf(dst)) }));
  const families = new Set(own.map(({ family }) => family));
  const routes = [...podRoutes(network, own), ...asked].filter(({ dst }) =>
    families.has(familyOf(dst)),
  );
  return {
    addresses: own.map((address) => ({
      address: hostPrefix(address),
      gateway: gatewayOf(network, address.family),
    })),
    routes: [...new Map(routes.map((route) => [route.dst, route])).values()],
    dns: given.dns,
  };
}

const familyOf = (dst: string) => parsePrefix(dst).family;

function requireInside(
  { name, subnets }: Network,
  address: Address,
  key: string,
  value: string,
  refuse: Refuse,
): void {
  if (subnets.some((subnet) => subnetHolds(subnet, address))) return;
  const reserved = subnets.map((subnet) => reservedAs(subnet, address)).find((what) => what);
  const prefixes = subnets.map(({ prefix }) => formatPrefix(prefix)).join(", ");
  const is = reserved ? `is the ${reserved} of` : "is not in a prefix of";
  throw refuse(key, value, `it ${is} network ${name}`, `addresses in ${prefixes}`);
}

function requireGateway(network: Network, key: string, value: string, refuse: Refuse): void {
  if (value === "") return;
  const gateway = gatewayOf(network, parseAddress(value).family);
  if (value === gateway) return;
  const reason = `nobody answers there: network ${network.name} is routed`;
  throw refuse(key, value, reason, `none, or the gateway of the network: ${gateway || "none"}`);
}
