import type { Logger } from "../telemetry/log.ts";
import { type Entry, nodeOf, type Parsed, parseEntry } from "./etcd-entry.ts";
import { Hold } from "./etcd-hold.ts";
import { nodeKey } from "./etcd-keys.ts";
import { NodeTable } from "./etcd-nodes.ts";
import { Rejected } from "./etcd-rejected.ts";
import { Teller } from "./etcd-teller.ts";
import type { FabricListener } from "./fabric.ts";

/** What is done with the keys of our own node, which are written elsewhere. */
export interface OwnKeys {
  /** All keys of ours that the store has at a revision. */
  present(keys: ReadonlySet<string>, revision: number): void;
  /** A change of one, which may be of our own making. */
  seen(event: StoreEvent): void;
}

export interface EntriesOptions {
  prefix: string;
  own: { name: string; keys: OwnKeys };
  leaseSeconds: number;
  /** Whether the store is or was away, so that it may have lost what is still true. */
  disturbed(): boolean;
  listener: FabricListener;
  log: Logger;
}

/** A change of one key; `value` null deletes it. */
export interface StoreEvent {
  key: string;
  value: string | null;
  revision: number;
  /** "0" for none. */
  lease: string;
}

/** A key as the store has it. */
export interface StoredKey {
  key: string;
  value: string;
  /** Revision at which the key came; changes of its value do not count. */
  created: number;
}

export interface Reading {
  add(stored: StoredKey): void;
  /** Everything was read: what was not is gone. */
  finish(revision: number): void;
}

/**
 * The entries of other nodes as the store has them. One that makes no sense leaves the entry that
 * was there before as it is.
 */
export class Entries {
  readonly teller: Teller;
  readonly rejected: Rejected;
  readonly #options: EntriesOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #nodes = new NodeTable();
  readonly #hold: Hold;

  constructor(options: EntriesOptions) {
    this.#options = options;
    this.rejected = new Rejected(options.log);
    const { listener, log, leaseSeconds } = options;
    this.teller = new Teller((name) => this.#nodes.compose(name), listener, log);
    this.#hold = new Hold(leaseSeconds * 1000, (keys) => {
      for (const key of keys) this.#drop(key);
    });
  }

  stop(): void {
    this.teller.stop();
    this.#hold.stop();
  }

  /** Changes that the store made at once. */
  apply(events: readonly StoreEvent[]): void {
    const deleted = new Set(events.filter(isDeletion).map(({ key }) => key));
    for (const event of events) {
      const { key, value } = event;
      if (this.#nodeOf(key) === this.#options.own.name) this.#options.own.keys.seen(event);
      else if (value !== null) this.#take(key, this.#parse(key, value));
      else this.#lose(key, (node) => deleted.has(this.#keyOf(node)));
    }
  }

  /** Begins a complete reading of the store, at one revision. */
  startReading(): Reading {
    const read: { key: string; created: number; parsed: Parsed | "unchanged" }[] = [];
    return {
      // While pages come in, not after the last: thousands take their time.
      add: ({ key, value, created }) => {
        const unchanged = this.#entries.get(key)?.raw === value;
        read.push({ key, created, parsed: unchanged ? "unchanged" : this.#parse(key, value) });
      },
      // In the order they came: who claims what somebody had before is told after them, whenever
      // this agent has started.
      finish: (revision) => {
        read.sort((a, b) => a.created - b.created);
        this.#replace(new Map(read.map(({ key, parsed }) => [key, parsed])), revision);
      },
    };
  }

  #replace(parsed: ReadonlyMap<string, Parsed | "unchanged">, revision: number): void {
    const own = new Set<string>();
    for (const [key, result] of parsed) {
      if (result === "own") own.add(key);
      this.#take(key, result);
    }
    const known = [...this.#entries.keys(), ...this.rejected.keys()];
    for (const key of known) {
      if (!parsed.has(key)) this.#lose(key, (node) => !parsed.has(this.#keyOf(node)));
    }
    this.#options.own.keys.present(own, revision);
    const unreadable = [...this.rejected.keys()].flatMap((key) => this.#nodeOf(key) ?? []);
    this.teller.synchronised(new Set(unreadable));
  }

  #take(key: string, parsed: Parsed | "unchanged"): void {
    if (parsed === "own" || parsed === "foreign") return;
    this.#hold.release(this.#nodeOf(key) ?? "", key);
    if (parsed !== "unchanged" && "reason" in parsed) {
      this.rejected.add(key, parsed.reason, this.#entries.has(key));
      return;
    }
    this.rejected.delete(key);
    if (parsed !== "unchanged") this.#set(key, parsed.entry);
  }

  #set(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#nodes.set(entry);
    this.teller.mark(entry.key.node);
  }

  /** @param nodeLost whether the store has lost the node itself, too */
  #lose(key: string, nodeLost: (node: string) => boolean): void {
    const node = this.#entries.get(key)?.key.node;
    if (node === undefined) {
      this.rejected.delete(key);
      return;
    }
    const whole = nodeLost(node) || this.#hold.has(node, this.#keyOf(node));
    if (whole && this.#options.disturbed()) this.#hold.add(node, key);
    else this.#drop(key);
  }

  #drop(key: string): void {
    this.rejected.delete(key);
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#hold.release(entry.key.node, key);
    this.#entries.delete(key);
    this.#nodes.unset(entry.key);
    this.teller.mark(entry.key.node);
  }

  #parse(key: string, raw: string): Parsed {
    const { prefix, own } = this.#options;
    return parseEntry(prefix, own.name, key, raw);
  }

  #nodeOf(key: string): string | null {
    return nodeOf(this.#options.prefix, key);
  }

  #keyOf(node: string): string {
    return nodeKey(this.#options.prefix, node);
  }
}

const isDeletion = ({ value }: StoreEvent): boolean => value === null;
