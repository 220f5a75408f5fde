import { ForwardingError } from "../dataplane/forwarding-error.ts";
import { findFdb, findNetwork, findPort, hasFdb } from "../dataplane/forwarding-find.ts";
import type { TableHost, TableNetwork, TablePort } from "../dataplane/forwarding-model.ts";
import { readAddress, readMac, readPrefix } from "../dataplane/forwarding-read.ts";
import type { RouteInfo } from "../dataplane/native.ts";
import { formatAddress, formatPrefix } from "../networks/ip.ts";
import type {
  FdbFilter,
  FdbView,
  NeighbourFilter,
  NeighbourView,
  PortRef,
  RouteFilter,
  RouteList,
  RouteView,
} from "./forwarding-view.ts";

/** @throws ForwardingError for a filter that nothing can pass */
export async function showRoutes(
  host: TableHost,
  filter: RouteFilter,
): Promise<Omit<RouteList, "waiting">> {
  const { family, source, limit } = filter;
  const within = filter.within && formatPrefix(readPrefix(filter.within, "within"));
  const match = filter.match && formatAddress(readAddress(filter.match, "match"));
  if (within !== "" && match !== "") {
    const remedy = "name one of them";
    throw new ForwardingError({
      key: "match",
      value: match,
      reason: "within is given too",
      remedy,
    });
  }
  const names = new Names(host);
  const list: Omit<RouteList, "waiting"> = { routes: [], total: 0 };
  for (const network of networksOf(host, filter.network, "routed")) {
    const left = limit - list.routes.length;
    const query = { family, within, match, source, limit: Math.max(left, 1) };
    const { routes, total } = await host.native.listRoutes(network.id, query);
    // Still asked when nothing more fits: for the total.
    const shown = left > 0 ? routes : [];
    list.routes.push(...shown.map((route) => routeView(network, route, names)));
    list.total += total;
  }
  return list;
}

/** @throws ForwardingError for a filter that nothing can pass */
export async function showNeighbours(
  host: TableHost,
  filter: NeighbourFilter,
): Promise<NeighbourView[]> {
  const only = portFilter(host, filter.port);
  const names = new Names(host);
  const views: NeighbourView[] = [];
  for (const network of networksOf(host, filter.network, "routed")) {
    for (const { port, ...info } of await host.native.listNeighbours(network.id)) {
      if (only !== null && only !== port) continue;
      if (filter.unresolved && info.resolved) continue;
      views.push({ network: network.name, ...names.ref(port), ...info });
    }
  }
  return views;
}

/** @throws ForwardingError for a filter that nothing can pass */
export async function showFdb(host: TableHost, filter: FdbFilter): Promise<FdbView[]> {
  const only = portFilter(host, filter.port);
  const mac = filter.mac && readMac(filter.mac, "mac");
  const names = new Names(host);
  const views: FdbView[] = [];
  for (const network of fdbNetworksOf(host, filter.network)) {
    for (const { port, ...info } of await host.native.listFdb(network.id)) {
      if (only !== null && only !== port) continue;
      if (mac !== "" && mac !== info.mac.toLowerCase()) continue;
      if (filter.vlan !== null && filter.vlan !== info.vlan) continue;
      views.push({ network: network.name, ...names.ref(port), ...info });
    }
  }
  return views;
}

/** What ports and networks are called at this moment. */
export class Names {
  readonly #ports: Map<number, TablePort>;
  readonly #networks: Map<number, string>;

  constructor(host: TableHost) {
    this.#ports = new Map(host.ports().map((port) => [port.port, port]));
    this.#networks = new Map(host.networks().map(({ id, name }) => [id, name]));
  }

  network(id: number): string {
    return this.#networks.get(id) ?? `network ${id}`;
  }

  /** A port that has just gone is shown by its number. */
  ref(port: number): PortRef {
    const { ifname, attachment, pod } = this.#ports.get(port) ?? NOBODY;
    return { port, ifname: ifname || `port ${port}`, attachment, pod };
  }
}

const NOBODY = { ifname: "", attachment: "", pod: "" };

function networksOf(host: TableHost, name: string, kind: TableNetwork["kind"]): TableNetwork[] {
  if (name !== "") return [findNetwork(host, name, kind)];
  return host.networks().filter((network) => network.kind === kind);
}

function fdbNetworksOf(host: TableHost, name: string): TableNetwork[] {
  return name === "" ? host.networks().filter(hasFdb) : [findFdb(host, name)];
}

function portFilter(host: TableHost, text: string): number | null {
  return text === "" ? null : findPort(host.ports(), text, "port").port;
}

function routeView(network: TableNetwork, route: RouteInfo, names: Names): RouteView {
  const { prefix, type, source, packets, bytes } = route;
  const nextHops = route.nextHops.map(({ port, address, weight, mac, resolved }) => {
    return { ...names.ref(port), address, weight, mac, resolved };
  });
  const leakTo = type === "leak" ? names.network(route.leakTo) : null;
  return { network: network.name, prefix, type, source, nextHops, leakTo, packets, bytes };
}
