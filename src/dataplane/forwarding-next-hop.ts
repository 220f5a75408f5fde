import {
  type Address,
  contains,
  formatAddress,
  formatPrefix,
  type Prefix,
  parsePrefix,
} from "../networks/ip.ts";
import { ForwardingError } from "./forwarding-error.ts";
import { findPort, portName } from "./forwarding-find.ts";
import type { TableHost, TableNetwork, TablePort, ViaWish } from "./forwarding-model.ts";
import { isLinkLocal, readAddress, sameText } from "./forwarding-read.ts";
import type { NextHop, RouteInfo } from "./native.ts";

/** Where a next hop is looked for. */
export interface Surroundings {
  host: TableHost;
  network: TableNetwork;
  /** Ports of the network. */
  ports: TablePort[];
}

/**
 * The port and address of a next hop: a pod of the network, or a neighbour on a connected prefix
 * of an uplink.
 * @param prefix what it is the next hop for
 * @param key of the next hop in the request
 * @throws ForwardingError when it cannot be reached or would lead back to the route itself
 */
export async function resolveNextHop(
  around: Surroundings,
  prefix: Prefix,
  via: ViaWish,
  key: string,
): Promise<NextHop> {
  const named = via.port === "" ? null : findPort(around.ports, via.port, `${key}.port`);
  const { weight } = via;
  if (via.address === "") {
    return { port: podBehind(named, key).port, address: "", weight };
  }
  const at = `${key}.address`;
  const address = readAddress(via.address, at);
  const fail = (reason: string, remedy: string) =>
    new ForwardingError({ key: at, value: via.address, reason, remedy });
  if (address.family !== prefix.family) {
    const reason = `an IPv${address.family} next hop for the IPv${prefix.family} prefix ${formatPrefix(prefix)}`;
    throw fail(reason, `name an IPv${prefix.family} address`);
  }
  if (sameText(address, around.network.gateways)) {
    const reason = `the gateway of network ${around.network.name} itself, packets would go round in a loop`;
    throw fail(reason, "name a pod or a neighbour");
  }
  const pod = around.ports.find((port) => sameText(address, port.addresses));
  if (pod) return podHop(pod, named, weight, fail);
  if (isLinkLocal(address)) return linkLocalHop(address, named, weight, fail);
  return await neighbourHop(around, prefix, address, named, weight, fail);
}

type Fail = (reason: string, remedy: string) => ForwardingError;

function podBehind(port: TablePort | null, key: string): TablePort {
  if (port?.role === "pod") return port;
  const reason = port
    ? `${portName(port)} ${port.role === "vni" ? "leads to other nodes" : "is an uplink"} with many neighbours behind it`
    : "it names neither an address nor a port";
  const remedy = port ? "name the address of one" : "name the address of a pod or a neighbour";
  throw new ForwardingError({ key: `${key}.address`, value: undefined, reason, remedy });
}

function podHop(pod: TablePort, named: TablePort | null, weight: number, fail: Fail): NextHop {
  if (named && named.port !== pod.port) {
    throw fail(
      `an address of ${portName(pod)}, not behind ${portName(named)}`,
      "leave the port out",
    );
  }
  return { port: pod.port, address: "", weight };
}

function linkLocalHop(
  address: Address,
  named: TablePort | null,
  weight: number,
  fail: Fail,
): NextHop {
  if (named?.role === "uplink")
    return { port: named.port, address: formatAddress(address), weight };
  throw fail("a link-local address is on every link", "name the uplink as port");
}

async function neighbourHop(
  { host, network, ports }: Surroundings,
  prefix: Prefix,
  address: Address,
  named: TablePort | null,
  weight: number,
  fail: Fail,
): Promise<NextHop> {
  const text = formatAddress(address);
  const route = await decidingRoute(host, network, text);
  if (route?.type === "local") {
    throw fail("an address of this node itself, packets would go round in a loop", OTHER_HOP);
  }
  // Every VTEP of the network is one hop away, so no route is asked for the next hop.
  if (named?.role === "vni") return { port: named.port, address: text, weight };
  if (!route || !isConnected(route)) {
    const found = route
      ? `only ${route.prefix} (${route.type}) leads there`
      : "no route leads there";
    throw fail(
      `no pod of network ${network.name} has it, no connected prefix covers it, ${found}`,
      OTHER_HOP,
    );
  }
  const connected = parsePrefix(route.prefix);
  if (contains(prefix, address) && connected.length <= prefix.length) {
    const reason = `inside ${formatPrefix(prefix)} itself, packets for it would go round in a loop`;
    throw fail(reason, "name a next hop outside the prefix");
  }
  const behind = route.nextHops.map(({ port }) => port);
  const port = named ? behind.find((one) => one === named.port) : behind[0];
  if (port === undefined) {
    const names = ports.filter((one) => behind.includes(one.port)).map(portName);
    throw fail(
      `not on a connected prefix of ${named ? portName(named) : "a port"}`,
      `its port is ${names.join(" or ")}`,
    );
  }
  return { port, address: text, weight };
}

const OTHER_HOP = "name the address of a pod or of a neighbour on an uplink";

/** The route that the table has for an address now; null for none. */
export async function decidingRoute(
  { native }: TableHost,
  { id }: TableNetwork,
  address: string,
): Promise<RouteInfo | null> {
  const family = address.includes(":") ? 6 : 4;
  const query = { family, within: "", match: address, source: "", limit: 1 } as const;
  return (await native.listRoutes(id, query)).routes[0] ?? null;
}

/** Whether the neighbours of the route are reached without another router. */
export const isConnected = ({ type, source }: RouteInfo): boolean =>
  type === "connected" || source === "neighbour";
