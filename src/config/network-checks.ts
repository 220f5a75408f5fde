import { type Address, contains, formatPrefix, type Prefix } from "../networks/ip.ts";
import { maxMtuOf, minMtu } from "../networks/mtu.ts";
import { makeSubnet, reservedAs, type Subnet, unicastProblem } from "../networks/subnet.ts";
import type { Fault } from "./checks.ts";
import { checkKind } from "./kind-checks.ts";
import { type Path, readAddress, readPrefix } from "./read.ts";
import { checkLeakPrefixes, checkRoutes, checkStaticRoutes } from "./route-checks.ts";
import type { DataplaneConfig, NetworkConfig } from "./schema.ts";
import { checkUplinks } from "./uplink-checks.ts";
import { checkClusterPrefixes } from "./vni-checks.ts";

// A prefix longer than this has no room for network, gateway, one pod and broadcast.
const MAX_LENGTH = { 4: 30, 6: 126 } as const;

/**
 * Checks one network on its own; `path` is its place in the document.
 * @param needsPrefixes false when it may do without pods
 */
export function checkNetwork(
  network: NetworkConfig,
  needsPrefixes: boolean,
  dataplane: DataplaneConfig,
  path: Path,
  fault: Fault,
): void {
  checkKind(network, path, fault);
  const prefixes = checkNodePrefixes(network, [...path, "nodePrefixes"], fault);
  if (prefixes.length === 0 && needsPrefixes) throw noPrefixes([...path, "nodePrefixes"], fault);
  const cluster = checkClusterPrefixes(network, prefixes, [...path, "clusterPrefixes"], fault);
  const subnets = checkGateways(network, prefixes, cluster, [...path, "gateways"], fault);
  checkMtu(network, subnets, dataplane, [...path, "mtu"], fault);
  checkRoutes(network, subnets, [...path, "routes"], fault);
  checkStaticRoutes(network, subnets, [...path, "staticRoutes"], fault);
  checkLeakPrefixes(network, subnets, [...path, "leaks"], fault);
  checkUplinks(network, [...path, "uplinks"], fault);
  checkPortBackend(network, dataplane, [...path, "portBackend"], fault);
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
  return prefixes;
}

function noPrefixes(path: Path, fault: Fault): Error {
  const accepted =
    "at least one prefix: pods of a routed network need addresses; only the underlay of a VTEP" +
    " can do without pods";
  return fault(path, { value: [], accepted });
}

function checkGateways(
  network: NetworkConfig,
  prefixes: Prefix[],
  cluster: Prefix[],
  path: Path,
  fault: Fault,
): Subnet[] {
  const gateways: Address[] = [];
  // The router of a segment may have its address from anywhere in it.
  const around = network.kind === "bridged" && cluster.length > 0 ? cluster : prefixes;
  network.gateways.forEach((text, i) => {
    const gateway = readAddress(text, [...path, i], fault);
    const bad = (reason: string, accepted: string) =>
      fault([...path, i], { value: text, reason, accepted });
    const prefix = around.find((candidate) => contains(candidate, gateway));
    if (!prefix) throw bad("outside the network", inside(around));
    if (gateways.some(({ family }) => family === gateway.family)) {
      throw bad(`a second IPv${gateway.family} gateway`, "one gateway per family");
    }
    const reserved = reservedAs({ prefix, gateway: null }, gateway);
    if (reserved) throw bad(`the ${reserved} of ${formatPrefix(prefix)}`, "an ordinary address");
    gateways.push(gateway);
  });
  return prefixes.map((prefix) => makeSubnet(prefix, network.kind, gateways));
}

function checkMtu(
  network: NetworkConfig,
  subnets: Subnet[],
  dataplane: DataplaneConfig,
  path: Path,
  fault: Fault,
): void {
  const least = minMtu({ hasIpv6: subnets.some(({ prefix }) => prefix.family === 6) });
  const most = maxMtuOf(dataplane);
  const { mtu } = network;
  // The default always fits, and that of an overlay is worked out when the agent starts.
  if (mtu === undefined || (mtu >= least.mtu && mtu <= most.mtu)) return;
  const accepted = `${least.mtu} (${least.because}) to ${most.mtu} (${most.because})`;
  throw fault(path, { value: mtu, accepted });
}

function checkPortBackend(
  { portBackend, flowLane = false }: NetworkConfig,
  { mode }: DataplaneConfig,
  path: Path,
  fault: Fault,
): void {
  if (portBackend !== "tc") return;
  const bad = (reason: string, accepted: string) =>
    fault(path, { value: portBackend, reason, accepted });
  if (!flowLane) {
    throw bad("without flowLane it is slower than xdp", "tc with flowLane: true, or xdp");
  }
  if (mode !== "auto" && mode !== "copy") {
    throw bad(`dataplane.mode is ${mode}`, "tc with dataplane.mode auto or copy, or xdp");
  }
}

const inside = (prefixes: Prefix[]): string =>
  prefixes.length === 0
    ? "none: the network has no nodePrefixes"
    : `an address of ${prefixes.map(formatPrefix).join(" or ")}`;
