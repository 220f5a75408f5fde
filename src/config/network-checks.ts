import {
  type Address,
  contains,
  formatPrefix,
  overlaps,
  type Prefix,
  parsePrefix,
} from "../networks/ip.ts";
import { maxMtu, minMtu } from "../networks/mtu.ts";
import { makeSubnet, reservedAs, type Subnet, unicastProblem } from "../networks/subnet.ts";
import type { Fault } from "./checks.ts";
import { type Path, readAddress, readPrefix } from "./read.ts";
import { checkRoutes, checkStaticRoutes } from "./route-checks.ts";
import type { DataplaneConfig, NetworkConfig } from "./schema.ts";

// A prefix longer than this has no room for network, gateway, one pod and broadcast.
const MAX_LENGTH = { 4: 30, 6: 126 } as const;

/** Checks one network on its own; `path` is its place in the document. */
export function checkNetwork(
  network: NetworkConfig,
  dataplane: DataplaneConfig,
  path: Path,
  fault: Fault,
): void {
  const prefixes = checkNodePrefixes(network, [...path, "nodePrefixes"], fault);
  const subnets = checkGateways(network, prefixes, [...path, "gateways"], fault);
  checkMtu(network, subnets, dataplane, [...path, "mtu"], fault);
  checkRoutes(network, subnets, [...path, "routes"], fault);
  checkStaticRoutes(network, subnets, [...path, "staticRoutes"], fault);
}

/** Names are unique, and so is every address: prefixes of two networks never overlap. */
export function checkNetworksApart(networks: readonly NetworkConfig[], fault: Fault): void {
  const seen: { name: string; prefix: Prefix }[] = [];
  networks.forEach((network, i) => {
    if (networks.findIndex((other) => other.name === network.name) < i) {
      const reason = "another network has this name";
      throw fault(["networks", i, "name"], {
        value: network.name,
        reason,
        accepted: "a unique name",
      });
    }
    network.nodePrefixes.forEach((text, j) => {
      const prefix = parsePrefix(text);
      const other = seen.find((earlier) => overlaps(earlier.prefix, prefix));
      if (other) {
        throw fault(["networks", i, "nodePrefixes", j], {
          value: text,
          reason: `overlaps ${formatPrefix(other.prefix)} of network ${other.name}`,
          accepted: "a prefix that no other network has",
        });
      }
      seen.push({ name: network.name, prefix });
    });
  });
}

function checkNodePrefixes(network: NetworkConfig, path: Path, fault: Fault): Prefix[] {
  const prefixes: Prefix[] = [];
  network.nodePrefixes.forEach((text, i) => {
    const prefix = readPrefix(text, [...path, i], fault);
    const bad = (reason: string, accepted: string) =>
      fault([...path, i], { value: text, reason, accepted });
    if (prefixes.some(({ family }) => family === prefix.family)) {
      throw bad(`a second IPv${prefix.family} prefix`, "one prefix per family");
    }
    const longest = MAX_LENGTH[prefix.family];
    if (prefix.length > longest) {
      throw bad(
        "no room for a gateway and a pod",
        `an IPv${prefix.family} prefix of at most /${longest}`,
      );
    }
    const problem = unicastProblem(prefix);
    if (problem) throw bad(problem, "unicast addresses that are neither loopback nor link-local");
    prefixes.push(prefix);
  });
  if (prefixes.length === 0) {
    throw fault(path, { value: [], accepted: "at least one prefix: pods need addresses" });
  }
  return prefixes;
}

function checkGateways(
  network: NetworkConfig,
  prefixes: Prefix[],
  path: Path,
  fault: Fault,
): Subnet[] {
  const gateways: Address[] = [];
  network.gateways.forEach((text, i) => {
    const gateway = readAddress(text, [...path, i], fault);
    const bad = (reason: string, accepted: string) =>
      fault([...path, i], { value: text, reason, accepted });
    const prefix = prefixes.find((candidate) => contains(candidate, gateway));
    if (!prefix) throw bad("outside the network", inside(prefixes));
    if (gateways.some(({ family }) => family === gateway.family)) {
      throw bad(`a second IPv${gateway.family} gateway`, "one gateway per family");
    }
    const reserved = reservedAs({ prefix, gateway: null }, gateway);
    if (reserved) throw bad(`the ${reserved} of ${formatPrefix(prefix)}`, "an ordinary address");
    gateways.push(gateway);
  });
  return prefixes.map((prefix) =>
    makeSubnet(
      prefix,
      gateways.find(({ family }) => family === prefix.family),
    ),
  );
}

function checkMtu(
  network: NetworkConfig,
  subnets: Subnet[],
  dataplane: DataplaneConfig,
  path: Path,
  fault: Fault,
): void {
  const least = minMtu({ hasIpv6: subnets.some(({ prefix }) => prefix.family === 6) });
  const most = maxMtu(dataplane.frameSize, dataplane.mode === "generic");
  if (network.mtu >= least.mtu && network.mtu <= most.mtu) return;
  const accepted = `${least.mtu} (${least.because}) to ${most.mtu} (${most.because})`;
  throw fault(path, { value: network.mtu, accepted });
}

const inside = (prefixes: Prefix[]): string =>
  `an address of ${prefixes.map(formatPrefix).join(" or ")}`;
