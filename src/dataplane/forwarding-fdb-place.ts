import { formatAddress } from "../networks/ip.ts";
import { ForwardingError } from "./forwarding-error.ts";
import { findPort, portName } from "./forwarding-find.ts";
import type { FdbWish, TableHost, TableNetwork, TablePort } from "./forwarding-model.ts";
import { readAddress } from "./forwarding-read.ts";

/** Where an FDB entry leads. */
export interface FdbPlace {
  port: TablePort;
  /** The VTEP that the address is behind, "" on a port of this node. */
  peer: string;
}

// More peers than this in a message help nobody.
const MAX_LISTED = 10;

/**
 * A function that finds the place a change names, among what there is at this moment; it throws a
 * ForwardingError when there is no such place.
 */
export async function fdbPlaces(
  host: TableHost,
  network: TableNetwork,
): Promise<(wish: FdbWish, key: string) => FdbPlace> {
  const ports = host.ports().filter(({ network: name, role }) => {
    // Pods of a routed network are found by its routes.
    return name === network.name && (network.kind === "bridged" || role === "vni");
  });
  const infos = network.overlay ? await host.native.listPeers(network.overlay.vtep) : [];
  const peers = infos.map(({ address }) => address);
  return (wish, key) => {
    const peer = wish.peer === "" ? "" : readPeer(network, peers, wish.peer, `${key}.peer`);
    const port = portOf(ports, wish, key);
    checkTogether(port, peer, `${key}.peer`);
    return { port, peer };
  };
}

/** With a peer the port goes without saying. */
function portOf(ports: readonly TablePort[], { port, peer }: FdbWish, key: string): TablePort {
  const remote = ports.find(({ role }) => role === "vni");
  return port === "" && peer !== "" && remote ? remote : findPort(ports, port, `${key}.port`);
}

function readPeer(
  { name, overlay }: TableNetwork,
  peers: readonly string[],
  text: string,
  key: string,
): string {
  const fail = (reason: string, remedy: string) =>
    new ForwardingError({ key, value: text, reason, remedy });
  if (!overlay) throw fail(`network ${name} has no VNI, nobody of it is elsewhere`, "name a port");
  const address = formatAddress(readAddress(text, key));
  if (peers.includes(address)) return address;
  const listed = peers.slice(0, MAX_LISTED).join(", ");
  const more = peers.length > MAX_LISTED ? ` and ${peers.length - MAX_LISTED} more` : "";
  const remedy = peers.length === 0 ? "it has none yet" : `there is ${listed}${more}`;
  throw fail(`no peer of VTEP ${overlay.vtepName}`, remedy);
}

function checkTogether(port: TablePort, peer: string, key: string): void {
  const fail = (reason: string, remedy: string) =>
    new ForwardingError({ key, value: peer || undefined, reason, remedy });
  if (port.role === "vni" && peer === "") {
    throw fail(`${portName(port)} leads to all peers`, "name the one that the address is behind");
  }
  if (port.role !== "vni" && peer !== "") {
    throw fail(`${portName(port)} is a port of this node`, "name the port or the peer, not both");
  }
}
