import type { FabricNode } from "../fabric/fabric.ts";
import { encodeFabric, type SavedFabric } from "./fabric-file.ts";
import type { NodeRecord, Roster } from "./roster.ts";
import type { Slots } from "./slots.ts";
import type { Facts } from "./tables.ts";

/** Nodes as JSON; the object of the entries is another one after each change. */
const texts = new WeakMap<object, string>();

/** What the disk gets: what is followed now, not what was told and could not be used. */
export function encode({ nodes, facts }: Roster, slots: Slots): string {
  const reached = [...nodes.values()].filter(({ identity }) => identity.addresses.size > 0);
  const list = reached.map((record) => {
    const known = texts.get(record.entries);
    if (known !== undefined) return known;
    const text = JSON.stringify(savedNode(record, facts));
    texts.set(record.entries, text);
    return text;
  });
  return encodeFabric(list, contestedOf(slots));
}

/** In the form in which it is told, so that it can be read in the same way. */
function savedNode({ name, accepted, identity }: NodeRecord, facts: Facts): FabricNode {
  const vteps = [...identity.addresses].map(([vtep, address]) => {
    const udpPort = facts.vteps.get(vtep)?.udpPort ?? 0;
    const isIpv6 = address.includes(":");
    return { udpPort, address4: isIpv6 ? "" : address, address6: isIpv6 ? address : "" };
  });
  const networks = [...accepted.networks].flatMap(([network, { prefixes, endpoints }]) => {
    const ours = facts.networks.get(network);
    const mac = identity.macs.get(network) ?? "";
    if (!ours || (ours.kind === "routed" && mac === "")) return [];
    const how = { vni: ours.vni, udpPort: facts.udpPortOf(ours), mac };
    return { ...how, prefixes: [...prefixes], endpoints: [...endpoints] };
  });
  return { name, vteps, networks };
}

function contestedOf(slots: Slots): SavedFabric["contested"] {
  return [...slots.all].flatMap(([slot, { claims }]) =>
    [...claims.contested].map((key) => ({ slot, key, node: claims.winner(key)?.node ?? "" })),
  );
}

/** Gives entries back to those who had them. */
export function preferSaved(slots: Slots, contested: SavedFabric["contested"]): void {
  for (const { slot, key, node } of contested) slots.all.get(slot)?.claims.prefer(key, node);
}
