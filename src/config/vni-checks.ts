import { vniPortName } from "../dataplane/overlay.ts";
import { covers, formatPrefix, type Prefix } from "../networks/ip.ts";
import type { Fault } from "./checks.ts";
import { type Path, readPrefix } from "./read.ts";
import { requireUnique } from "./route-checks.ts";
import type { Config, NetworkConfig, VtepConfig } from "./schema.ts";

const NEEDS_VNI = ["vtep", "learning", "clusterPrefixes"] as const;

/** Networks with a VNI: each once per VTEP, with a VTEP to go through and nodes to go to. */
export function checkVnis(config: Config, fault: Fault): void {
  const seen = new Map<string, string>();
  config.networks.forEach((network, i) => {
    const path = ["networks", i];
    const { name, vni } = network;
    if (vni === undefined) {
      checkWithout(network, path, fault);
      return;
    }
    const vtep = checkVtep(network, config.vteps, path, fault);
    const other = seen.get(`${vtep.name} ${vni}`);
    if (other !== undefined) {
      const reason = `network ${other} has it, through VTEP ${vtep.name} as well`;
      throw fault([...path, "vni"], { value: vni, reason, accepted: "each VNI once per VTEP" });
    }
    seen.set(`${vtep.name} ${vni}`, name);
    checkNoVlans(network, [...path, "uplinks"], fault);
    checkPortName(config.networks, vniPortName(vni, vtep.port), fault);
    if (config.fabric === undefined) {
      const reason = "no fabric says which other nodes there are";
      const accepted = "this key together with fabric, e.g. {driver: static, nodes: []}";
      throw fault([...path, "vni"], { value: vni, reason, accepted });
    }
  });
}

function checkWithout(network: NetworkConfig, path: Path, fault: Fault): void {
  for (const key of NEEDS_VNI) {
    if (network[key] === undefined) continue;
    const reason = "the network has no VNI, it is on this node alone";
    throw fault([...path, key], { value: network[key], reason, accepted: "this key with vni" });
  }
}

function checkVtep(
  { vni, vtep: name }: NetworkConfig,
  vteps: Config["vteps"],
  path: Path,
  fault: Fault,
): VtepConfig {
  const names = vteps.map((one) => one.name).join(", ");
  if (vteps.length === 0) {
    const accepted = "this key together with vteps, e.g. [{name: vtep0, underlay: NETWORK}]";
    throw fault([...path, "vni"], { value: vni, reason: "there is no VTEP", accepted });
  }
  const at = [...path, "vtep"];
  const found = name === undefined ? vteps[0] : vteps.find((one) => one.name === name);
  if (name === undefined && vteps.length > 1) {
    const reason = "missing, and there are several VTEPs";
    throw fault(at, { value: undefined, reason, accepted: `one of ${names}` });
  }
  if (!found) throw fault(at, { value: name, reason: "no such VTEP", accepted: `one of ${names}` });
  return found;
}

function checkNoVlans({ kind, uplinks }: NetworkConfig, path: Path, fault: Fault): void {
  if (kind !== "bridged") return;
  uplinks.forEach((uplink, i) => {
    for (const key of ["vlan", "vlanTrunk"] as const) {
      if (uplink[key] === undefined) continue;
      const reason = "the network has a VNI, and a VNI has no VLANs";
      const accepted = "an uplink without VLANs, e.g. a VLAN interface, or a network without vni";
      throw fault([...path, i, key], { value: uplink[key], reason, accepted });
    }
  });
}

/** Ports of VNIs go by a name where others go by their interface. */
function checkPortName(networks: readonly NetworkConfig[], port: string, fault: Fault): void {
  networks.forEach(({ uplinks }, i) => {
    const j = uplinks.findIndex(({ interface: ifname }) => ifname === port);
    if (j < 0) return;
    throw fault(["networks", i, "uplinks", j, "interface"], {
      value: port,
      reason: "the port of a VNI goes by this name",
      accepted: "an interface of another name",
    });
  });
}

/**
 * Cluster prefixes: well-formed, around the node prefixes, of their families only.
 * @param own the node prefixes
 */
export function checkClusterPrefixes(
  network: NetworkConfig,
  own: readonly Prefix[],
  path: Path,
  fault: Fault,
): Prefix[] {
  const seen = new Set<string>();
  const prefixes: Prefix[] = [];
  network.clusterPrefixes?.forEach((text, i) => {
    const at = [...path, i];
    const prefix = readPrefix(text, at, fault);
    requireUnique(text, prefix, seen, at, fault);
    const bad = (reason: string, accepted: string) => fault(at, { value: text, reason, accepted });
    const { family } = prefix;
    if (!own.some((one) => one.family === family)) {
      throw bad(`no IPv${family} node prefix`, "prefixes of the families of nodePrefixes");
    }
    if (network.kind === "bridged" && prefixes.some((one) => one.family === family)) {
      throw bad(`a second IPv${family} prefix of a segment`, "one prefix per family");
    }
    prefixes.push(prefix);
  });
  requireAround(network, own, prefixes, path, fault);
  return prefixes;
}

function requireAround(
  { clusterPrefixes }: NetworkConfig,
  own: readonly Prefix[],
  prefixes: readonly Prefix[],
  path: Path,
  fault: Fault,
): void {
  const outside = own.find((one) => !prefixes.some((prefix) => covers(prefix, one)));
  if (clusterPrefixes === undefined || outside === undefined) return;
  throw fault(path, {
    value: clusterPrefixes,
    reason: `node prefix ${formatPrefix(outside)} is outside`,
    accepted: "prefixes that hold every node prefix, or none of this key",
  });
}
