import type { Logger } from "pino";
import { LogLimit } from "../telemetry/log-limit.ts";
import type { Claims } from "./claims.ts";
import { type Nested, nested } from "./prefixes.ts";
import type { NodeRecord, Roster } from "./roster.ts";
import type { TableName } from "./slot.ts";
import type { Contest, Slots } from "./slots.ts";
import type { OverlayNetwork } from "./tables.ts";

export type ConflictKind = "vtep" | "mac" | "address" | "prefix";

/** Two want the same. */
export interface Conflict {
  kind: ConflictKind;
  /** Name of the network; of a VTEP for its addresses. */
  where: string;
  /** What they both want. */
  entry: string;
  /** Node that has it, or who of this node, in words. */
  winner: string;
  losers: string[];
}

const WARNINGS = 10;

const KIND_OF: Partial<Record<TableName, ConflictKind>> = {
  fdb: "mac",
  hosts: "address",
  routes: "prefix",
  neighbours: "address",
};

/** Everything that more than one wants now. */
export function conflictsOf(roster: Roster, slots: Slots, own: string): Conflict[] {
  const { addresses, macs } = roster.identities.claims;
  const conflicts = [...contested("vtep", addresses), ...contested("mac", macs)];
  for (const { table, name, claims, reserved } of slots.all.values()) {
    const kind = KIND_OF[table];
    if (!kind) continue;
    for (const entry of claims.contested) {
      if (!reserved.has(entry)) conflicts.push(conflict(kind, name, entry, nodesAt(claims, entry)));
    }
    for (const [entry, owner] of reserved) {
      const losers = nodesAt(claims, entry);
      if (losers.length > 0) conflicts.push({ kind, where: name, entry, winner: owner, losers });
    }
  }
  for (const network of roster.facts.networks.values()) {
    if (network.kind === "routed") conflicts.push(...overlapping(network, roster, slots, own));
  }
  return conflicts;
}

const nodesAt = (claims: Claims, key: string): string[] => claims.of(key).map(({ node }) => node);

function conflict(kind: ConflictKind, where: string, entry: string, nodes: string[]): Conflict {
  const [winner = "", ...losers] = nodes;
  return { kind, where, entry, winner, losers };
}

function contested(kind: ConflictKind, claims: Claims): Conflict[] {
  return [...claims.contested].map((key) => {
    const [where = "", entry = ""] = key.split(" ");
    return conflict(kind, where, entry, nodesAt(claims, key));
  });
}

/** Of two prefixes, one inside the other, the longer has its addresses; nothing inside ours counts. */
function overlapping(
  network: OverlayNetwork,
  roster: Roster,
  slots: Slots,
  own: string,
): Conflict[] {
  const where = network.name;
  const claims = slots.get("routes", where)?.claims;
  if (!claims) return [];
  const owner = (prefix: string) => claims.winner(prefix)?.node ?? own;
  const inside = nestedIn(claims).flatMap(({ inner, outer }): Conflict[] => {
    if (owner(inner) === owner(outer)) return [];
    const entry = `${inner} in ${outer}`;
    return [{ kind: "prefix", where, entry, winner: owner(inner), losers: [owner(outer)] }];
  });
  const refused = [...roster.nodes.values()].flatMap((node) => refusedOf(network, node, own));
  return [...inside, ...refused];
}

/** Thousands of prefixes are not compared for each scrape. */
const known = new WeakMap<Claims, { version: number; list: Nested[] }>();

function nestedIn(claims: Claims): Nested[] {
  const { version } = claims;
  const before = known.get(claims);
  if (before?.version === version) return before.list;
  const list = nested(claims.keys());
  known.set(claims, { version, list });
  return list;
}

function refusedOf(network: OverlayNetwork, node: NodeRecord, own: string): Conflict[] {
  const where = network.name;
  const refused = node.accepted.networks.get(where)?.refused ?? [];
  return refused.map(({ inner, outer }) => {
    const entry = inner === outer ? inner : `${inner} in ${outer}`;
    return { kind: "prefix", where, entry, winner: own, losers: [node.name] };
  });
}

/** Says in the log what cannot be followed, but no more than a reader can take. */
export class FabricLog {
  readonly #log: Logger;
  readonly #limit = new LogLimit(WARNINGS);

  constructor(log: Logger) {
    this.#log = log;
  }

  contests(contests: readonly Contest[]): void {
    for (const { slot, key } of contests) {
      const [winner, ...losers] = nodesAt(slot.claims, key);
      if (losers.length === 0) continue;
      const facts = { network: slot.name, entry: key, winner, losers };
      this.warn(facts, "two nodes claim the same entry");
    }
  }

  warn(facts: Record<string, unknown>, text: string): void {
    const suppressed = this.#limit.admit();
    if (suppressed === null) return;
    this.#log.warn({ ...facts, ...(suppressed > 0 && { suppressed }) }, text);
  }
}
