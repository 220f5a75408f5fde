import { VtepMacs } from "../../store/vtep-macs.ts";

/** Nodes by name, with the number that their addresses have in common. */
export const NODES = { node1: 1, node2: 2 } as const;
export type NodeName = keyof typeof NODES;

export const NODE_NAMES = Object.keys(NODES) as NodeName[];

/** What each tenant is called in the underlay. */
export const VNIS = { green: 100, amber: 200 } as const;
export type Tenant = keyof typeof VNIS;

export const TENANTS = Object.keys(VNIS) as Tenant[];

/** Of a node, in its own namespace. */
export const UNDERLAY_DEVICE = "under0";

/** Documentation addresses (RFC 5737) stand for the data centre's. */
export const underlayAddress = (node: NodeName): string => `192.0.2.${NODES[node]}`;

/** In IPv6 the tenants are apart, so that each has addresses that the other one can ask for. */
export const CLUSTER6 = { green: "fd78::/48", amber: "fd79::/64" } as const;

const CLUSTER4 = "10.78.0.0/16";
/** Both tenants have the same: only the VNI tells their packets apart. */
const prefix4 = (node: NodeName) => `10.78.${NODES[node]}.0/24`;
const greenPrefixes = (node: NodeName) => [prefix4(node), `fd78:0:0:${NODES[node]}::/64`];

const UNDERLAY = {
  name: "under",
  mirror: { table: "main" },
  uplinks: [{ interface: UNDERLAY_DEVICE, use: "shared" }],
};

export type MacsByNode = Record<NodeName, string>;

/**
 * Configuration of a node's agent, but for what the harness adds.
 * @param greenMacs of the VTEPs in the routed network: static nodes have to be told them
 */
export function nodeConfig(node: NodeName, greenMacs: MacsByNode): Record<string, unknown> {
  return {
    networks: [UNDERLAY, greenNetwork(node), amberNetwork(node)],
    vteps: [{ name: "vtep0", underlay: UNDERLAY.name }],
    fabric: {
      driver: "static",
      nodeName: node,
      nodes: NODE_NAMES.map((name) => fabricNode(name, greenMacs[name])),
    },
  };
}

/** Makes the MAC address of a node's VTEP in network green before its agent's first start. */
export async function makeGreenMac(stateDir: string): Promise<string> {
  const macs = await VtepMacs.open(stateDir).ensure(["green"]);
  return macs.get("green") ?? "";
}

/** Routed. Its pods send everything to the gateway, packets for the other tenant too. */
function greenNetwork(node: NodeName) {
  return {
    name: "green",
    vni: VNIS.green,
    nodePrefixes: greenPrefixes(node),
    clusterPrefixes: [CLUSTER4, CLUSTER6.green],
    routes: ["0.0.0.0/0", "::/0"],
  };
}

/** Bridged: one Ethernet segment over both nodes. The gateways only keep addresses in step. */
function amberNetwork(node: NodeName) {
  return {
    name: "amber",
    kind: "bridged",
    vni: VNIS.amber,
    nodePrefixes: [prefix4(node), `fd79::${NODES[node]}:0/112`],
    clusterPrefixes: [CLUSTER4, CLUSTER6.amber],
    gateways: [`10.78.${NODES[node]}.1`, `fd79::${NODES[node]}:1`],
  };
}

function fabricNode(node: NodeName, greenMac: string) {
  return {
    name: node,
    vteps: [{ addresses: [underlayAddress(node)] }],
    networks: [
      { vni: VNIS.green, mac: greenMac, prefixes: greenPrefixes(node) },
      { vni: VNIS.amber },
    ],
  };
}
