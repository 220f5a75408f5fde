import type { KnownFdb } from "../dataplane/forwarding-fdb.ts";
import type { RouteWish, TablePort } from "../dataplane/forwarding-model.ts";
import type { KnownNeighbours } from "../dataplane/forwarding-neighbours.ts";
import type { KnownRoutes } from "../dataplane/forwarding-routes.ts";
import type { RouteChange } from "../dataplane/native.ts";
import { type EntryStore, neighbourKey, type StoredRoute } from "../store/entries.ts";

/**
 * The entries of the store as the checks ask for them.
 * @param waits whether the table has nothing of a route in the store
 */
export function knownEntries(
  store: EntryStore,
  waits: KnownRoutes["waits"] = () => false,
): {
  routes: KnownRoutes;
  neighbours: KnownNeighbours;
  fdb: KnownFdb;
} {
  return {
    routes: {
      has: (network, prefix) => store.network(network).routes.has(prefix),
      waits,
      leaks: () => store.leaks,
    },
    neighbours: {
      has: (network, port, address) =>
        store.network(network).neighbours.has(neighbourKey({ port, address })),
    },
    fdb: {
      vlansOf: (network, mac) =>
        [...store.network(network).fdb.values()].flatMap((e) => (e.mac === mac ? e.vlan : [])),
    },
  };
}

/**
 * A route as the store keeps it. Next hops that were named by a port keep its interface; those
 * found by an address are found again, a pod may come back as another port.
 */
export function storedRoute(
  { prefix, type, via, leakTo, count }: RouteWish,
  change: RouteChange | null,
  ports: readonly TablePort[],
): StoredRoute {
  const interfaceOf = (i: number) => {
    const number = change?.nextHops[i]?.port;
    return ports.find(({ port }) => port === number)?.ifname;
  };
  const hops = via.map(({ address, port, weight }, i) => {
    return { address, port: port === "" ? "" : (interfaceOf(i) ?? port), weight };
  });
  return { prefix, type, via: hops, leakTo, count };
}
