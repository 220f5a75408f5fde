import type { FdbInfo } from "../dataplane/native.ts";
import { type Change, type Slot, slotId, WRITE_ORDER } from "./slot.ts";
import type { Facts, OverlayTables } from "./tables.ts";
import { write } from "./write.ts";

/** While a batch is written nobody else gets at the tables of the dataplane. */
export const MAX_BATCH = 4096;

/** Entries refused one after the other before the rest is left for later: the table is full. */
export const MAX_REFUSALS = 256;
/** In a flood list that could not be set: the dataplane takes a peer that goes out of it itself. */
const UNSURE = "unsure";
const NOT_TRIED = "not tried, as too many others were refused";

interface Refusals {
  keys: string[];
  /** Since the last entry that was taken. */
  streak: number;
}

interface Work {
  slot: Slot;
  changes: Change[];
}

/** Brings the dataplane to what the slots want, one run after the other. */
export class Applier {
  readonly #tables: OverlayTables;
  readonly #slots: ReadonlyMap<string, Slot>;
  /** Flood lists as they were set last, by network. */
  readonly #floods = new Map<string, string>();

  constructor(tables: OverlayTables, slots: ReadonlyMap<string, Slot>) {
    this.#tables = tables;
    this.#slots = slots;
  }

  /**
   * Writes peers first and routes last, and takes entries away in reverse after that: a route that
   * moves to another node leads somewhere all the time. What cannot be written is in
   * `slot.failed` afterwards.
   */
  async run(facts: Facts): Promise<void> {
    for (const slot of this.#slots.values()) await this.#giveWay(slot);
    const work = this.#collect();
    const isUpsert = ({ after }: Change) => after !== undefined;
    for (const one of work) await this.#write(one, isUpsert, facts);
    for (const one of work.toReversed()) await this.#write(one, (c) => !isUpsert(c), facts);
  }

  /**
   * A pod that comes puts its entries in the place of ours, but not its MAC when its port is free to
   * use any: then ours would keep its frames from it, and has to go.
   */
  async #giveWay(slot: Slot): Promise<void> {
    const { displaced, table, applied } = slot;
    if (displaced.size === 0) return;
    const there = table === "fdb" ? await this.#listFdb(slot) : [];
    if (there === null) return;
    for (const { mac, peer } of there) {
      const key = mac.toLowerCase();
      if (peer !== "" && displaced.get(key) === peer) applied.set(key, peer);
    }
    displaced.clear();
  }

  /** @returns null when it cannot be asked who has what now: that has to be tried again */
  async #listFdb({ displaced, dirty, failed, name }: Slot): Promise<FdbInfo[] | null> {
    try {
      return await this.#tables.listFdb(name);
    } catch (error) {
      for (const key of displaced.keys()) {
        dirty.delete(key);
        failed.set(key, `the FDB cannot be listed: ${(error as Error).message}`);
      }
      return null;
    }
  }

  #collect(): Work[] {
    const work = [...this.#slots.values()].flatMap((slot): Work[] => {
      const changes = slot.takeChanges();
      return changes.length === 0 ? [] : [{ slot, changes }];
    });
    const rank = ({ slot }: Work) => WRITE_ORDER.indexOf(slot.table);
    return work.sort((a, b) => rank(a) - rank(b));
  }

  async #write({ slot, changes }: Work, wanted: (change: Change) => boolean, facts: Facts) {
    const some = changes.filter(wanted);
    if (some.length === 0) return;
    if (slot.table === "flood") return await this.#setFlood(slot, changes, facts);
    const refused: Refusals = { keys: [], streak: 0 };
    for (let i = 0; i < some.length; i += MAX_BATCH) {
      await this.#writeBatch(slot, some.slice(i, i + MAX_BATCH), facts, refused);
    }
    slot.tryLast(refused.keys);
  }

  /** If a batch is refused its halves are tried, so that a bad entry holds up no other. */
  async #writeBatch(
    slot: Slot,
    changes: readonly Change[],
    facts: Facts,
    refused: Refusals,
  ): Promise<void> {
    if (refused.streak >= MAX_REFUSALS) {
      for (const { key } of changes) slot.failed.set(key, NOT_TRIED);
      return;
    }
    try {
      await write(this.#tables, slot, facts.networks.get(slot.name), changes);
    } catch (error) {
      if (changes.length === 1) {
        for (const { key } of changes) {
          slot.failed.set(key, (error as Error).message);
          refused.keys.push(key);
        }
        refused.streak++;
        return;
      }
      const half = Math.ceil(changes.length / 2);
      await this.#writeBatch(slot, changes.slice(0, half), facts, refused);
      return await this.#writeBatch(slot, changes.slice(half), facts, refused);
    }
    refused.streak = 0;
    for (const change of changes) slot.succeeded(change);
  }

  /** The whole list at once; only what is a peer can be in it. */
  async #setFlood(slot: Slot, changes: readonly Change[], facts: Facts): Promise<void> {
    const vtep = facts.networks.get(slot.name)?.vtep ?? "";
    const peers = this.#slots.get(slotId("peers", vtep))?.applied;
    const missing = (key: string) => !peers?.has(key);
    const list = [...slot.claims.keys()].filter((key) => !missing(key));
    if (this.#floods.get(slot.name) !== list.join(" ")) {
      try {
        await this.#tables.setFlood(slot.name, list);
      } catch (error) {
        this.#floods.delete(slot.name);
        for (const { key, before } of changes) {
          if (before !== undefined) slot.applied.set(key, UNSURE);
          slot.failed.set(key, (error as Error).message);
        }
        return;
      }
      this.#floods.set(slot.name, list.join(" "));
    }
    for (const change of changes) {
      if (change.after === undefined || !missing(change.key)) slot.succeeded(change);
      else slot.failed.set(change.key, "it is no peer of the VTEP");
    }
  }
}
