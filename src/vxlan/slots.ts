import { diff, type Entries } from "./diff.ts";
import type { NodeChange } from "./roster.ts";
import { Slot, slotId, type TableName } from "./slot.ts";
import type { Facts, OverlayTables } from "./tables.ts";

const OF_NETWORK: readonly TableName[] = ["fdb", "hosts", "flood", "neighbours", "routes"];

/** A node wants what another wants as well. */
export interface Contest {
  slot: Slot;
  key: string;
}

/** All tables that the overlay writes to. */
export class Slots {
  readonly all = new Map<string, Slot>();

  get(table: TableName, name: string): Slot | undefined {
    return this.all.get(slotId(table, name));
  }

  /** Adds what VTEPs and networks have. They stay as long as the agent runs. */
  setFacts({ vteps, networks }: Facts): void {
    for (const name of vteps.keys()) this.#add("peers", name);
    for (const name of networks.keys()) for (const table of OF_NETWORK) this.#add(table, name);
  }

  /** Takes over what others on this node have in the tables. */
  reserve(tables: OverlayTables, { networks }: Facts): void {
    for (const name of networks.keys()) {
      const reserved = tables.reserved(name);
      for (const table of OF_NETWORK) this.get(table, name)?.reserve(reserved);
    }
  }

  /** Takes over what nodes want. @returns what others wanted already */
  update(changes: Iterable<NodeChange>): Contest[] {
    const contests: Contest[] = [];
    for (const { node, before, after } of changes) {
      for (const id of new Set([...before.keys(), ...after.keys()])) {
        const slot = this.all.get(id);
        if (!slot) continue;
        const contested = (key: string) => void contests.push({ slot, key });
        update(slot, node, before.get(id), after.get(id), contested);
      }
    }
    return contests;
  }

  /** Tries again what has failed. */
  retry(): void {
    for (const slot of this.all.values()) slot.retry();
  }

  get isDirty(): boolean {
    return [...this.all.values()].some(({ dirty }) => dirty.size > 0);
  }

  get failures(): number {
    return [...this.all.values()].reduce((sum, { failed }) => sum + failed.size, 0);
  }

  #add(table: TableName, name: string): void {
    const id = slotId(table, name);
    if (!this.all.has(id)) this.all.set(id, new Slot(table, name));
  }
}

function update(
  { claims, dirty }: Slot,
  node: string,
  before: Entries | undefined,
  after: Entries | undefined,
  contested: (key: string) => void,
): void {
  diff(before, after, {
    gone(key) {
      claims.drop(key, node);
      dirty.add(key);
    },
    set(key, value) {
      const isNew = claims.set(key, node, value);
      dirty.add(key);
      if (isNew && claims.contested.has(key)) contested(key);
    },
  });
}
