import type { AcceptedNetwork } from "./accept-network.ts";
import type { Entries } from "./diff.ts";
import { outside } from "./prefixes.ts";
import { hostRoute } from "./read.ts";
import { slotId } from "./slot.ts";
import type { Facts, OverlayNetwork } from "./tables.ts";

/** Entries that a node asks for, by slot. */
export type NodeEntries = ReadonlyMap<string, Entries>;

/** Where a node is reached, after conflicts with others are settled. */
export interface Identity {
  /** Address of its VTEP by the name of ours. */
  readonly addresses: ReadonlyMap<string, string>;
  /** MAC of its VTEP by routed network. */
  readonly macs: ReadonlyMap<string, string>;
}

/** What the tables of this node should have of another one. */
export function desiredOf(
  networks: ReadonlyMap<string, AcceptedNetwork>,
  { addresses, macs }: Identity,
  facts: Facts,
): NodeEntries {
  const entries = new Map<string, Entries>();
  for (const [vtep, address] of addresses) {
    entries.set(slotId("peers", vtep), new Map([[address, ""]]));
  }
  for (const [name, accepted] of networks) {
    const network = facts.networks.get(name);
    const peer = network && addresses.get(network.vtep);
    if (!network || !peer) continue;
    if (network.kind === "bridged") addBridged(entries, network, accepted, peer);
    else addRouted(entries, network, accepted, peer, macs.get(name) ?? "");
  }
  return entries;
}

function addBridged(
  entries: Map<string, Entries>,
  { name }: OverlayNetwork,
  { endpoints }: AcceptedNetwork,
  peer: string,
): void {
  const hosts = endpoints.flatMap(({ mac, addresses }) =>
    addresses.map((address) => [address, mac] as const),
  );
  entries.set(slotId("fdb", name), new Map(endpoints.map(({ mac }) => [mac, peer])));
  entries.set(slotId("hosts", name), new Map(hosts));
  entries.set(slotId("flood", name), new Map([[peer, ""]]));
}

/** A next hop of the other family is fine: RFC 8950, and the type 5 routes of RFC 9136. */
function addRouted(
  entries: Map<string, Entries>,
  { name }: OverlayNetwork,
  accepted: AcceptedNetwork,
  peer: string,
  mac: string,
): void {
  if (mac === "") return;
  const prefixes = [...accepted.prefixes, ...hostRoutes(accepted)];
  const routes = prefixes.map((prefix) => [prefix, peer] as const);
  entries.set(slotId("fdb", name), new Map([[mac, peer]]));
  entries.set(slotId("neighbours", name), new Map([[peer, mac]]));
  entries.set(slotId("routes", name), new Map(routes));
}

/** To addresses that no prefix of the node leads to. */
function hostRoutes({ prefixes, endpoints }: AcceptedNetwork): string[] {
  if (endpoints.length === 0) return [];
  const all = endpoints.flatMap(({ addresses }) => addresses);
  return all.filter(outside(prefixes)).map(hostRoute);
}
