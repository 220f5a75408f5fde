import { isDeepStrictEqual } from "node:util";
import type { FabricNode } from "../fabric/fabric.ts";
import { type Accepted, accept, NOTHING } from "./accept.ts";
import { desiredOf, type Identity, type NodeEntries } from "./desired.ts";
import { Identities } from "./identities.ts";
import { Facts } from "./tables.ts";

/** What is known of a node of the fabric. */
export interface NodeRecord {
  readonly name: string;
  /** As it was told the last time. */
  told: FabricNode;
  accepted: Accepted;
  /** What it is reached by now. */
  identity: Identity;
  entries: NodeEntries;
  /** What of it made no sense. */
  unread: string[];
  /** What it wants to be reached by, but another node is. */
  taken: string[];
}

/** How the entries of a node have changed. */
export interface NodeChange {
  node: string;
  before: NodeEntries;
  after: NodeEntries;
}

const NO_ENTRIES: NodeEntries = new Map();
const NOWHERE: Identity = { addresses: new Map(), macs: new Map() };

/** The nodes of the fabric and what each asks for. */
export class Roster {
  readonly nodes = new Map<string, NodeRecord>();
  readonly identities: Identities;
  /** Name of this node. */
  readonly own: string;
  #facts = new Facts([], []);

  constructor(own: string) {
    this.own = own;
    this.identities = new Identities(own);
  }

  get facts(): Facts {
    return this.#facts;
  }

  /** Takes over VTEPs and networks of this node; every other node is seen in their light. */
  setFacts(facts: Facts): NodeChange[] {
    this.#facts = facts;
    const affected = this.identities.setOwn(facts);
    for (const record of this.nodes.values()) this.#read(record, record.told, affected);
    return this.#settleAll(affected);
  }

  /**
   * Takes over what was told; null for a node that is gone. What is known already costs nothing.
   * @returns changed entries: of these nodes, and of those with which they have conflicts
   */
  settle(told: Iterable<readonly [name: string, node: FabricNode | null]>): NodeChange[] {
    const removed: NodeChange[] = [];
    const affected = new Set<string>();
    for (const [name, node] of told) {
      const record = this.nodes.get(name);
      if (!node && record) removed.push(this.#remove(record, affected));
      if (!node || (record && isDeepStrictEqual(node, record.told))) continue;
      this.#read(record ?? this.#add(node), node, affected);
    }
    return [...removed, ...this.#settleAll(affected)];
  }

  #settleAll(names: ReadonlySet<string>): NodeChange[] {
    return [...names].flatMap((name) => {
      const record = this.nodes.get(name);
      return record ? this.#settle(record) : [];
    });
  }

  #add(told: FabricNode): NodeRecord {
    const nothing = { accepted: NOTHING, identity: NOWHERE, entries: NO_ENTRIES };
    const record = { name: told.name, told, ...nothing, unread: [], taken: [] };
    this.nodes.set(told.name, record);
    return record;
  }

  #read(record: NodeRecord, told: FabricNode, affected: Set<string>): void {
    affected.add(record.name);
    record.told = told;
    try {
      const { accepted, problems } = accept(told, record.accepted, this.#facts);
      this.identities.claim(record.name, record.accepted, accepted, affected);
      Object.assign(record, { accepted, unread: problems });
    } catch (error) {
      record.unread = [cannot("be read", error)];
    }
  }

  #remove({ name, accepted, identity, entries }: NodeRecord, affected: Set<string>): NodeChange {
    this.nodes.delete(name);
    this.identities.claim(name, accepted, NOTHING, affected);
    this.identities.release(name, identity);
    return { node: name, before: entries, after: NO_ENTRIES };
  }

  #settle(record: NodeRecord): NodeChange {
    const { name, accepted, entries: before } = record;
    const { identity, problems } = this.identities.resolve(name, accepted, record.identity);
    Object.assign(record, { identity, taken: problems });
    try {
      record.entries = desiredOf(accepted.networks, identity, this.#facts);
    } catch (error) {
      problems.push(cannot("be followed", error));
    }
    return { node: name, before, after: record.entries };
  }
}

/** One node that nobody has foreseen must not keep the others from being followed. */
const cannot = (what: string, error: unknown): string =>
  `cannot ${what}, and keeps what it had: ${(error as Error).message}`;
