import {
  contains,
  covers,
  type Family,
  formatPrefix,
  type Prefix,
  parsePrefix,
} from "../networks/ip.ts";
import { reservedAs, type Subnet } from "../networks/subnet.ts";
import type { Fault } from "./checks.ts";
import { type Path, readAddress, readPrefix } from "./read.ts";
import type { NetworkConfig } from "./schema.ts";

/** Routes given to pods: well-formed, of a family the network has, each once. */
export function checkRoutes(
  network: NetworkConfig,
  subnets: Subnet[],
  path: Path,
  fault: Fault,
): void {
  const seen = new Set<string>();
  network.routes?.forEach((text, i) => {
    const prefix = readPrefix(text, [...path, i], fault);
    requireFamily(text, prefix.family, subnets, [...path, i], fault);
    requireUnique(text, prefix, seen, [...path, i], fault);
  });
}

/** Static routes: outside the node prefixes, through an address a pod can have, each once. */
export function checkStaticRoutes(
  network: NetworkConfig,
  subnets: Subnet[],
  path: Path,
  fault: Fault,
): void {
  const seen = new Set<string>();
  network.staticRoutes.forEach((route, i) => {
    const at = [...path, i, "prefix"];
    const prefix = readPrefix(route.prefix, at, fault);
    requireUnique(route.prefix, prefix, seen, at, fault);
    requireOutside(route.prefix, prefix, subnets, at, fault);
    checkVia(route.via, prefix.family, subnets, [...path, i, "via"], fault);
  });
}

/** Leaks: well-formed, each once, no static route, not for addresses of the network's own pods. */
export function checkLeakPrefixes(
  network: NetworkConfig,
  subnets: Subnet[],
  path: Path,
  fault: Fault,
): void {
  const seen = new Set(network.staticRoutes.map(({ prefix }) => formatPrefix(parsePrefix(prefix))));
  network.leaks.forEach((leak, i) => {
    const at = [...path, i, "prefix"];
    const prefix = readPrefix(leak.prefix, at, fault);
    requireUnique(leak.prefix, prefix, seen, at, fault);
    requireOutside(leak.prefix, prefix, subnets, at, fault);
  });
}

function requireOutside(
  text: string,
  prefix: Prefix,
  subnets: Subnet[],
  path: Path,
  fault: Fault,
): void {
  const own = subnets.find((subnet) => covers(subnet.prefix, prefix));
  if (!own) return;
  const reason = `inside ${formatPrefix(own.prefix)}, whose addresses are routed to their pods`;
  throw fault(path, { value: text, reason, accepted: "a prefix outside the node prefixes" });
}

function checkVia(text: string, family: Family, subnets: Subnet[], path: Path, fault: Fault) {
  const via = readAddress(text, path, fault);
  const subnet = subnets.find(({ prefix }) => prefix.family === family);
  const accepted = subnet
    ? `a pod address of ${formatPrefix(subnet.prefix)}`
    : `nothing: the network has no IPv${family} node prefix`;
  if (!subnet || !contains(subnet.prefix, via)) throw fault(path, { value: text, accepted });
  const reserved = reservedAs(subnet, via);
  if (reserved) throw fault(path, { value: text, reason: `the ${reserved}`, accepted });
}

function requireFamily(
  text: string,
  family: Family,
  subnets: Subnet[],
  path: Path,
  fault: Fault,
): void {
  const subnet = subnets.find(({ prefix }) => prefix.family === family);
  if (subnet?.gateway) return;
  const reason = `no IPv${family} gateway to reach it through`;
  const accepted = subnet
    ? `an IPv${family} address in gateways: a bridged network has no gateway of its own`
    : "routes of the families of nodePrefixes";
  throw fault(path, { value: text, reason, accepted });
}

export function requireUnique(
  text: string,
  prefix: Prefix,
  seen: Set<string>,
  path: Path,
  fault: Fault,
): void {
  const canonical = formatPrefix(prefix);
  if (seen.has(canonical)) {
    throw fault(path, { value: text, reason: "named twice", accepted: "each prefix once" });
  }
  seen.add(canonical);
}
