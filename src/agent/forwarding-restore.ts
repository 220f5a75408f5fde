import { checkFdb } from "../dataplane/forwarding-fdb.ts";
import type { ChangeOp, TableHost } from "../dataplane/forwarding-model.ts";
import { checkNeighbours } from "../dataplane/forwarding-neighbours.ts";
import { type CheckedRoute, checkRoutes } from "../dataplane/forwarding-routes.ts";
import type { EntryStore } from "../store/entries.ts";
import { knownEntries } from "./forwarding-entries.ts";
import type { Table } from "./forwarding-waiting.ts";

/** What is put into a table again may be there already, in part. */
const AGAIN: { op: ChangeOp } = { op: "replace" };

/**
 * Puts entries of the store into the table of a network, all of them or none.
 * @returns what was done to routes, [] for the other tables
 * @throws ForwardingError | what the addon rejects with
 */
export async function putEntries(
  host: TableHost,
  store: EntryStore,
  table: Table,
  network: string,
  keys: readonly string[],
): Promise<CheckedRoute[]> {
  const known = knownEntries(store);
  const entries = store.network(network);
  const wishes = <T>(map: Map<string, T>) =>
    keys.flatMap((key) => map.get(key) ?? []).map((entry) => ({ ...AGAIN, ...entry }));
  if (table === "routes") {
    const found = await checkRoutes(host, network, wishes(entries.routes), known.routes);
    await host.native.applyRoutes(found.network.id, changesOf(found.checked));
    return found.checked;
  }
  if (table === "neighbours") {
    const all = wishes(entries.neighbours);
    const found = await checkNeighbours(host, network, all, known.neighbours);
    await host.native.applyNeighbours(found.network.id, changesOf(found.checked));
  } else {
    const found = await checkFdb(host, network, wishes(entries.fdb), known.fdb);
    await host.native.applyFdb(found.network.id, changesOf(found.checked));
  }
  return [];
}

/** The changes that concern the table. */
export function changesOf<T>(checked: readonly { change: T | null }[]): T[] {
  return checked.flatMap(({ change }) => change ?? []);
}
