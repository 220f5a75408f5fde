import { formatAddress, formatPrefix } from "../networks/ip.ts";
import { macProblem } from "../networks/mac.ts";
import { unicastProblem } from "../networks/subnet.ts";
import type { Fault } from "./checks.ts";
import { type Path, readAddress, readPrefix } from "./read.ts";
import type { Config, FabricConfig, NetworkConfig } from "./schema.ts";
import { checkVtepAddresses } from "./vtep-checks.ts";

type StaticFabric = Extract<FabricConfig, { driver: "static" }>;
type Node = StaticFabric["nodes"][number];
type NodeNetwork = Node["networks"][number];

/** Nodes of a static fabric: each once, reachable, with what is theirs alone. */
export function checkStaticNodes(
  { nodes }: StaticFabric,
  config: Config,
  path: Path,
  fault: Fault,
): void {
  const once = new Once(fault);
  nodes.forEach((node, i) => {
    const at = [...path, i];
    once.claim(`name ${node.name}`, node.name, [...at, "name"], node.name);
    checkNodeVteps(node, at, once, fault);
    node.networks.forEach((network, j) => {
      const where = [...at, "networks", j];
      const port = checkPort(node, network, where, fault);
      checkNodeNetwork(node.name, network, port, where, once, fault);
      checkMacThere(network, networkWith(network.vni, port, config), where, fault);
    });
  });
}

/** What only one node can have. */
class Once {
  readonly #owners = new Map<string, string>();
  readonly #fault: Fault;

  constructor(fault: Fault) {
    this.#fault = fault;
  }

  claim(what: string, node: string, path: Path, value: unknown): void {
    const owner = this.#owners.get(what);
    if (owner !== undefined) {
      const reason = owner === node ? "named twice" : `node ${owner} has it`;
      throw this.#fault(path, { value, reason, accepted: "each once" });
    }
    this.#owners.set(what, node);
  }
}

function checkNodeVteps({ name, vteps }: Node, path: Path, once: Once, fault: Fault): void {
  if (vteps.length === 0) {
    throw fault([...path, "vteps"], { value: [], accepted: "at least one VTEP" });
  }
  vteps.forEach(({ port, addresses }, i) => {
    const at = [...path, "vteps", i];
    once.claim(`vtep ${name} ${port}`, name, [...at, "port"], port);
    checkVtepAddresses(addresses, [...at, "addresses"], fault).forEach((address, j) => {
      const text = formatAddress(address);
      once.claim(`address ${port} ${text}`, name, [...at, "addresses", j], text);
    });
  });
}

/** The UDP port of the VTEP that a network is reached through. */
function checkPort({ vteps }: Node, { port }: NodeNetwork, path: Path, fault: Fault): number {
  const ports = vteps.map((vtep) => vtep.port);
  const [only] = ports;
  if (port === undefined && ports.length === 1 && only !== undefined) return only;
  if (port !== undefined && ports.includes(port)) return port;
  const reason = port === undefined ? "missing, and the node has several VTEPs" : "no VTEP has it";
  throw fault([...path, "port"], {
    value: port,
    reason,
    accepted: `a port of the node's VTEPs: ${ports.join(", ")}`,
  });
}

function checkNodeNetwork(
  node: string,
  { vni, mac, prefixes, endpoints }: NodeNetwork,
  port: number,
  path: Path,
  once: Once,
  fault: Fault,
): void {
  const network = `${port} ${vni}`;
  once.claim(`network ${node} ${network}`, node, [...path, "vni"], vni);
  if (mac !== undefined) checkMac(mac, network, node, [...path, "mac"], once, fault);
  prefixes.forEach((text, i) => {
    const at = [...path, "prefixes", i];
    const prefix = readPrefix(text, at, fault);
    const problem = prefix.length === 0 ? null : unicastProblem(prefix);
    if (problem) throw fault(at, { value: text, reason: problem, accepted: "unicast addresses" });
    once.claim(`prefix ${network} ${formatPrefix(prefix)}`, node, at, text);
  });
  endpoints.forEach((endpoint, i) => {
    const at = [...path, "endpoints", i];
    checkMac(endpoint.mac, network, node, [...at, "mac"], once, fault);
    endpoint.addresses.forEach((text, j) => {
      const where = [...at, "addresses", j];
      const address = formatAddress(readAddress(text, where, fault));
      once.claim(`host ${network} ${address}`, node, where, text);
    });
  });
}

function checkMac(
  mac: string,
  network: string,
  node: string,
  path: Path,
  once: Once,
  fault: Fault,
): void {
  const reason = macProblem(mac);
  if (reason !== null) {
    const accepted = 'a unicast MAC address like "02:00:5e:10:00:01"';
    throw fault(path, { value: mac, reason, accepted });
  }
  once.claim(`mac ${network} ${mac.toLowerCase()}`, node, path, mac);
}

/** Ours with this VNI, which may be in use once per VTEP. @param port UDP port of the VTEP */
function networkWith(
  vni: number,
  port: number,
  { networks, vteps }: Config,
): NetworkConfig | undefined {
  return networks.find((one) => {
    const vtep = one.vtep === undefined ? vteps[0] : vteps.find(({ name }) => name === one.vtep);
    return one.vni === vni && vtep?.port === port;
  });
}

/** @param own our network that it is connected with */
function checkMacThere(
  { mac, prefixes }: NodeNetwork,
  own: NetworkConfig | undefined,
  path: Path,
  fault: Fault,
): void {
  if (prefixes.length > 0 && own?.kind === "bridged") {
    const reason = `network ${own.name} with this VNI is bridged and has no routes`;
    throw fault([...path, "prefixes"], { value: prefixes, reason, accepted: "endpoints" });
  }
  if (prefixes.length === 0 || mac !== undefined) return;
  const reason = "missing, and prefixes are reached through this MAC address of the node's VTEP";
  const accepted = '"millrace vni" shows it on that node';
  throw fault([...path, "mac"], { value: undefined, reason, accepted });
}
