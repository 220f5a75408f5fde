import { Claims } from "./claims.ts";
import type { Reserved } from "./tables.ts";

/** Peers are those of a VTEP, all else belongs to a network. */
export type TableName = "peers" | "fdb" | "hosts" | "flood" | "neighbours" | "routes";

/** Each of them may name what is in those before it, and goes before them. */
export const WRITE_ORDER: readonly TableName[] = [
  "peers",
  "fdb",
  "hosts",
  "flood",
  "neighbours",
  "routes",
];

export const slotId = (table: TableName, name: string): string => `${table} ${name}`;

/** An entry that has to change; undefined for none. */
export interface Change {
  key: string;
  before: string | undefined;
  after: string | undefined;
}

const NOBODY: ReadonlyMap<string, string> = new Map();

/** One table of a VTEP or network: what nodes want to be there, and what is. */
export class Slot {
  readonly table: TableName;
  /** Of the VTEP or network. */
  readonly name: string;
  readonly claims = new Claims("newest");
  /** What we have written. */
  readonly applied = new Map<string, string>();
  /** Keys to be compared. */
  readonly dirty = new Set<string>();
  /** Entries of ours whose keys others on this node have got. */
  readonly displaced = new Map<string, string>();
  /** What could not be written, with the reason. */
  readonly failed = new Map<string, string>();
  /** What belongs to others on this node: key and owner. */
  reserved: ReadonlyMap<string, string> = NOBODY;

  constructor(table: TableName, name: string) {
    this.table = table;
    this.name = name;
  }

  /** Takes over who else has what. What they have got is not ours any more. */
  reserve(reserved: Reserved): void {
    const now = reservedFor(this.table, reserved);
    for (const key of this.reserved.keys()) if (!now.has(key)) this.dirty.add(key);
    for (const key of now.keys()) {
      const value = this.applied.get(key);
      if (value !== undefined) this.displaced.set(key, value);
      if (this.applied.delete(key) || !this.reserved.has(key)) this.dirty.add(key);
    }
    this.reserved = now;
  }

  /** The differences at the dirty keys, which are so no more. */
  takeChanges(): Change[] {
    const changes: Change[] = [];
    for (const key of this.dirty) {
      const before = this.applied.get(key);
      const after = this.reserved.has(key) ? undefined : this.claims.winner(key)?.value;
      if (before !== after) changes.push({ key, before, after });
      else this.failed.delete(key);
    }
    this.dirty.clear();
    return changes;
  }

  succeeded({ key, after }: Change): void {
    this.failed.delete(key);
    if (after === undefined) this.applied.delete(key);
    else this.applied.set(key, after);
  }

  /** Those that were not tried have a better chance the next time. */
  tryLast(keys: readonly string[]): void {
    for (const key of keys) {
      const reason = this.failed.get(key);
      if (reason === undefined) continue;
      this.failed.delete(key);
      this.failed.set(key, reason);
    }
  }

  /** Tries again what has failed. */
  retry(): void {
    for (const key of this.failed.keys()) this.dirty.add(key);
  }
}

function reservedFor(table: TableName, reserved: Reserved): ReadonlyMap<string, string> {
  switch (table) {
    case "fdb":
      return reserved.macs;
    case "hosts":
      return reserved.addresses;
    case "neighbours":
      return reserved.neighbours;
    case "routes":
      return reserved.routes;
    default:
      return NOBODY;
  }
}
