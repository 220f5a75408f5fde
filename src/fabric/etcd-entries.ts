import type { Logger } from "../telemetry/log.ts";
import { type Entry, nodeOf, type Parsed, parseEntry } from "./etcd-entry.ts";
import { Hold } from "./etcd-hold.ts";
import { nodeKey } from "./etcd-keys.ts";
import { NodeTable } from "./etcd-nodes.ts";
import { Rejected } from "./etcd-rejected.ts";
import { Synchroniser } from "./etcd-synchroniser.ts";
import { type Composed, Teller } from "./etcd-teller.ts";
import type { FabricListener } from "./fabric.ts";

/** What is done with the keys of our own node, which are written elsewhere. */
export interface OwnKeys {
  /** The store is going to be asked for all keys. */
  startReading(): void;
  /** All keys of ours that the store has at a revision, with the revision of each. */
  present(keys: ReadonlyMap<string, number>, revision: number): void;
  /** A change of one, which may be of our own making. */
  seen(event: StoreEvent): void;
}

export interface EntriesOptions {
  prefix: string;
  own: { name: string; keys: OwnKeys };
  leaseSeconds: number;
  /** Whether the store is or was away, so that it may have lost what is still true. */
  disturbed(): boolean;
  /** For how long what is read may still lack what is true; 0 when it was never away. */
  graceLeftMs(): number;
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
  /** Revision of its value. */
  modified: number;
}

export interface Reading {
  add(stored: StoredKey): void;
  /** Everything was read: what was not is gone. */
  finish(revision: number): void;
}

/** `parsed` null: it was known already. */
interface Read {
  stored: StoredKey;
  parsed: Parsed | null;
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
  readonly #synchroniser: Synchroniser;

  constructor(options: EntriesOptions) {
    this.#options = options;
    this.rejected = new Rejected(options.log);
    const { listener, log, leaseSeconds } = options;
    const graceLeftMs = () => options.graceLeftMs();
    const drop = (keys: ReadonlySet<string>) => {
      for (const key of keys) this.#drop(key);
    };
    this.teller = new Teller((name) => this.#compose(name), listener, log);
    this.#hold = new Hold({ limitMs: leaseSeconds * 1000, graceLeftMs, drop });
    this.#synchroniser = new Synchroniser(graceLeftMs, () =>
      this.teller.synchronised(this.#unreadable()),
    );
  }

  stop(): void {
    this.teller.stop();
    this.#hold.stop();
    this.#synchroniser.stop();
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
    const read: Read[] = [];
    this.#options.own.keys.startReading();
    return {
      // While pages come in, not after the last: thousands take their time.
      add: (stored) => {
        const { key, value } = stored;
        read.push({ stored, parsed: this.#has(key, value) ? null : this.#parse(key, value) });
      },
      // In the order they came: who claims what somebody had before is told after them, whenever
      // this agent has started.
      finish: (revision) => {
        read.sort((a, b) => a.stored.created - b.stored.created);
        this.#replace(new Map(read.map((one) => [one.stored.key, one])), revision);
      },
    };
  }

  #replace(read: ReadonlyMap<string, Read>, revision: number): void {
    const own = new Map<string, number>();
    for (const { stored, parsed } of read.values()) {
      const { key, value } = stored;
      if (parsed === "own") own.set(key, stored.modified);
      // What was known when its page came in may have been dropped since.
      const unchanged = this.#has(key, value);
      this.#take(key, unchanged ? "unchanged" : (parsed ?? this.#parse(key, value)));
    }
    const known = [...this.#entries.keys(), ...this.rejected.keys()];
    for (const key of known) {
      if (!read.has(key)) this.#lose(key, (node) => !read.has(this.#keyOf(node)));
    }
    this.#options.own.keys.present(own, revision);
    this.#synchroniser.read();
  }

  #unreadable(): Set<string> {
    return new Set([...this.rejected.keys()].flatMap((key) => this.#nodeOf(key) ?? []));
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
    const node = this.#nodeOf(key);
    if (node === null || !(this.#entries.has(key) || this.rejected.has(key))) {
      this.rejected.delete(key);
      return;
    }
    const whole = nodeLost(node) || this.#hold.has(node, this.#keyOf(node));
    if (whole && this.#options.disturbed()) this.#hold.add(node, key);
    else this.#drop(key);
  }

  #drop(key: string): void {
    const node = this.#nodeOf(key);
    if (node === null) return;
    this.rejected.delete(key);
    this.#hold.release(node, key);
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    if (entry) this.#nodes.unset(entry.key);
    this.teller.mark(node);
  }

  #has(key: string, value: string): boolean {
    return this.#entries.get(key)?.raw === value;
  }

  #compose(name: string): Composed {
    const unreadable = this.rejected.has(this.#keyOf(name));
    return this.#nodes.compose(name) ?? (unreadable ? "unreadable" : null);
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
