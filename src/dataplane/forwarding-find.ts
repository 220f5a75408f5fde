import { formatAddress, parseAddress } from "../networks/ip.ts";
import { ForwardingError } from "./forwarding-error.ts";
import type { TableHost, TableNetwork, TablePort } from "./forwarding-model.ts";

// More names than this help nobody.
const MAX_CANDIDATES = 10;
// Runtimes use 64 hex digits; crictl and docker show this many too.
const SHORT_ID = 13;

/**
 * The network of that name and kind.
 * @param kind null for either
 * @throws ForwardingError
 */
export function findNetwork(
  host: TableHost,
  name: string,
  kind: TableNetwork["kind"] | null,
  key = "network",
): TableNetwork {
  const networks = host.networks();
  const network = networks.find((one) => one.name === name);
  const fitting = networks.filter((one) => kind === null || one.kind === kind);
  const known = fitting.map((one) => one.name).join(", ") || "none";
  const remedy = `known ${kind === null ? "" : `${kind} `}networks: ${known}`;
  if (!network) throw new ForwardingError({ key, value: name, reason: "no such network", remedy });
  if (kind !== null && network.kind !== kind) {
    const reason = `the network is ${network.kind}, ${WHAT_IT_LACKS[network.kind]}`;
    throw new ForwardingError({ key, value: name, reason, remedy });
  }
  return network;
}

/** The network of that name that has an FDB: a bridged one, or a routed one for its VTEPs' MACs. */
export function findFdb(host: TableHost, name: string): TableNetwork {
  const network = host.networks().find((one) => one.name === name);
  return network && hasFdb(network) ? network : findNetwork(host, name, "bridged");
}

export const hasFdb = ({ kind, overlay }: TableNetwork): boolean =>
  kind === "bridged" || overlay !== null;

const WHAT_IT_LACKS = {
  routed: "it has routes and neighbours but no FDB",
  bridged: "it has an FDB but neither routes nor neighbours",
} as const;

/**
 * The port that `text` names: its number, interface, attachment (containerId:ifname), containerId,
 * pod (namespace/name or name), an address of the pod, or the interface inside the pod.
 * @param ports those to choose from
 * @throws ForwardingError listing the candidates when none or several are meant
 */
export function findPort(ports: readonly TablePort[], text: string, key: string): TablePort {
  const address = canonicalAddress(text);
  for (const names of [exactNames, looseNames]) {
    const found = ports.filter((port) => names(port).includes(address ?? text));
    if (found.length === 1 && found[0]) return found[0];
    if (found.length > 1) {
      const remedy = `name one of ${listPorts(found)}`;
      const reason = `${found.length} ports are called so`;
      throw new ForwardingError({ key, value: text, reason, remedy });
    }
  }
  const remedy = ports.length === 0 ? "no port is there yet" : `there is ${listPorts(ports)}`;
  throw new ForwardingError({ key, value: text, reason: "no such port", remedy });
}

/** A port as messages and tables show it: the interface, and whose it is. */
export function portName({ ifname, attachment, pod }: PortIdentity): string {
  const owner = pod || shortAttachment(attachment);
  return owner === "" ? ifname : `${ifname} (${owner})`;
}

export type PortIdentity = Pick<TablePort, "ifname" | "attachment" | "pod">;

function exactNames({ port, ifname, attachment, pod, addresses }: TablePort): string[] {
  return [String(port), ifname, attachment, pod, ...addresses].filter((name) => name !== "");
}

/** Names that several ports may share. */
function looseNames({ attachment, pod }: TablePort): string[] {
  const colon = attachment.lastIndexOf(":");
  const containerId = attachment.slice(0, Math.max(colon, 0));
  const names = [containerId, attachment.slice(colon + 1), pod.slice(pod.indexOf("/") + 1)];
  return names.filter((name) => name !== "");
}

function listPorts(ports: readonly TablePort[]): string {
  const names = ports.slice(0, MAX_CANDIDATES).map(portName);
  const more = ports.length - names.length;
  return more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
}

function shortAttachment(attachment: string): string {
  const colon = attachment.lastIndexOf(":");
  if (colon <= SHORT_ID) return attachment;
  return `${attachment.slice(0, SHORT_ID)}…${attachment.slice(colon)}`;
}

function canonicalAddress(text: string): string | null {
  try {
    return formatAddress(parseAddress(text));
  } catch {
    return null;
  }
}
