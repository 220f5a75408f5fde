import { isMac, MAX_UDP_PORT, MAX_VNI, mac } from "./node-fields.ts";

// <prefix>/nodes/<node>                             VTEPs and networks
// <prefix>/endpoints/<udpPort>-<vni>/<node>/<mac>   addresses of one endpoint
//
// Endpoints have keys of their own, so that a pod that comes or goes writes a few bytes and not
// the whole node.

export interface NodeKey {
  kind: "node";
  node: string;
}

export interface EndpointKey {
  kind: "endpoint";
  node: string;
  /** As `networkId` writes it. */
  network: string;
  mac: string;
}

export type EtcdKey = NodeKey | EndpointKey;

/** A DNS subdomain name as Kubernetes gives nodes, and a little more. */
const NODE = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,251}[A-Za-z0-9])?$/;
const NETWORK = /^[1-9]\d{0,4}-[1-9]\d{0,7}$/;

/** Tells the networks of a node apart. */
export const networkId = (network: { udpPort: number; vni: number }): string =>
  `${network.udpPort}-${network.vni}`;

/** @throws RangeError for a name that no key can hold */
export function nodeKey(prefix: string, node: string): string {
  if (!NODE.test(node)) {
    const accepted = "1 to 253 letters, digits and inner dashes, dots or underscores";
    throw new RangeError(`node name ${JSON.stringify(node)}: accepted: ${accepted}`);
  }
  return `${prefix}/nodes/${node}`;
}

/** @throws RangeError for a MAC address that is not one */
export function endpointKey(prefix: string, key: Omit<EndpointKey, "kind">): string {
  const { data, error } = mac.safeParse(key.mac);
  if (error) {
    const accepted = error.issues[0]?.message ?? "";
    throw new RangeError(`endpoint ${JSON.stringify(key.mac)}: accepted: ${accepted}`);
  }
  return `${prefix}/endpoints/${key.network}/${key.node}/${data}`;
}

/**
 * What a key below the prefix stands for.
 * @returns null for a key of neither kind, which is none of our business
 * @throws RangeError for one of a kind that does not follow its pattern
 */
export function parseKey(prefix: string, key: string): EtcdKey | null {
  const [kind, ...parts] = key.slice(prefix.length + 1).split("/");
  if (!key.startsWith(`${prefix}/`) || (kind !== "nodes" && kind !== "endpoints")) return null;
  return kind === "nodes" ? parseNodeKey(parts) : parseEndpointKey(parts);
}

function parseNodeKey([node, ...rest]: string[]): NodeKey {
  if (node === undefined || rest.length > 0 || !NODE.test(node)) {
    throw new RangeError("key: accepted: nodes/<node>");
  }
  return { kind: "node", node };
}

function parseEndpointKey([network = "", node = "", station = "", ...rest]: string[]): EndpointKey {
  if (rest.length > 0 || !isNetwork(network) || !NODE.test(node) || !isStation(station)) {
    throw new RangeError("key: accepted: endpoints/<udpPort>-<vni>/<node>/<mac>");
  }
  return { kind: "endpoint", node, network, mac: station };
}

function isNetwork(text: string): boolean {
  if (!NETWORK.test(text)) return false;
  const [port, number] = [text.slice(0, text.indexOf("-")), text.slice(text.indexOf("-") + 1)];
  return Number(port) <= MAX_UDP_PORT && Number(number) <= MAX_VNI;
}

/** In lower case, so that an address has one key. */
const isStation = (text: string): boolean => isMac(text) && !/[A-F]/.test(text);

/** The end of the range of all keys that begin with `prefix` and a slash: "0" follows "/". */
export const rangeOf = (prefix: string): { key: Buffer; range_end: Buffer } => ({
  key: Buffer.from(`${prefix}/`),
  range_end: Buffer.from(`${prefix}0`),
});
