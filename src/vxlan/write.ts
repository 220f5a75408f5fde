import type {
  FdbChange,
  HostChange,
  NeighbourChange,
  PeerChange,
  RouteChange,
} from "../dataplane/native.ts";
import type { Change, Slot } from "./slot.ts";
import type { OverlayNetwork, OverlayTables } from "./tables.ts";

/** A frame inside VXLAN has no tag: stations of a VNI are in no VLAN. */
const NO_VLAN = 0;

/** Writes changes of one table; all of them or none. @throws what the dataplane rejects with */
export async function write(
  tables: OverlayTables,
  { table, name }: Slot,
  network: OverlayNetwork | undefined,
  changes: readonly Change[],
): Promise<void> {
  if (table === "peers") return await tables.applyPeers(name, changes.map(peerChange));
  if (!network) throw new Error(`network ${name} has no VNI any more`);
  const { port } = network;
  if (table === "fdb") {
    return await tables.applyFdb(
      name,
      changes.map((one) => fdbChange(one, port)),
    );
  }
  if (table === "hosts") return await tables.applyHosts(name, changes.map(hostChange));
  if (table === "neighbours") {
    return await tables.applyNeighbours(
      name,
      changes.map((one) => neighbourChange(one, port)),
    );
  }
  await tables.applyRoutes(
    name,
    changes.map((one) => routeChange(one, port)),
  );
}

function opOf({ before, after }: Change): "add" | "replace" | "del" {
  if (after === undefined) return "del";
  return before === undefined ? "add" : "replace";
}

/** The path MTU is found out by others. */
const peerChange = (change: Change): PeerChange => {
  return { op: opOf(change), address: change.key, mtu: 0 };
};

const valueIn = ({ before, after }: Change): string => after ?? before ?? "";

const fdbChange = (change: Change, port: number): FdbChange => {
  return { op: opOf(change), mac: change.key, vlan: NO_VLAN, port, peer: valueIn(change) };
};

/** A host that is added again has moved. */
const hostChange = (change: Change): HostChange => {
  const op = change.after === undefined ? "del" : "add";
  return { op, address: change.key, mac: valueIn(change), vlan: NO_VLAN };
};

const neighbourChange = (change: Change, port: number): NeighbourChange => {
  return { op: opOf(change), port, address: change.key, mac: valueIn(change) };
};

function routeChange(change: Change, port: number): RouteChange {
  const op = opOf(change);
  const nextHops = op === "del" ? [] : [{ port, address: valueIn(change), weight: 1 }];
  const how = { leakTo: 0, counted: false, source: "static" } as const;
  return { op, prefix: change.key, type: "unicast", nextHops, ...how };
}
