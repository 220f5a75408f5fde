import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { FabricDriver, FabricListener, FabricNode } from "../fabric/fabric.ts";
import { Applier } from "./apply.ts";
import { FabricLog } from "./conflicts.ts";
import type { FabricStore } from "./fabric-store.ts";
import { OverlayView } from "./overlay-view.ts";
import { OwnNode } from "./own-node.ts";
import { type NodeChange, Roster } from "./roster.ts";
import { Runner } from "./runner.ts";
import { encode, preferSaved } from "./save.ts";
import { Slots } from "./slots.ts";
import { Facts, type OverlayTables } from "./tables.ts";
import { withUnread } from "./unread.ts";
import type { OverlayApi } from "./view.ts";

export interface OverlayOptions {
  tables: OverlayTables;
  driver: FabricDriver;
  store: FabricStore;
  /** Our node as others should know it now. */
  own: () => FabricNode;
  log: Logger;
}

/**
 * Keeps the tables of VTEPs and VNIs in step with the nodes of the fabric. What drivers tell is
 * gathered until the event loop is idle, compared node by node, and written in batches.
 */
export class OverlayController {
  readonly view: OverlayApi;
  readonly #options: OverlayOptions;
  readonly #roster: Roster;
  readonly #slots = new Slots();
  readonly #applier: Applier;
  readonly #log: FabricLog;
  readonly #own: OwnNode;
  readonly #runner: Runner;
  /** Told, but not taken over yet; null for gone. */
  readonly #told = new Map<string, FabricNode | null>();
  /** Nodes that the driver knows; the others are from the disk. */
  readonly #fresh = new Set<string>();
  #refresh = false;

  constructor(options: OverlayOptions) {
    const { name } = options.own();
    this.#options = options;
    this.#roster = new Roster(name);
    this.#applier = new Applier(options.tables, this.#slots.all);
    this.#log = new FabricLog(options.log);
    this.#own = new OwnNode(options.own, (node) => options.driver.publish(node));
    this.#runner = new Runner({
      run: () => this.#run(),
      isPending: () => this.#refresh || this.#told.size > 0 || this.#slots.isDirty,
      retry: () => this.#slots.retry(),
      failed: (err) => options.log.error({ err }, "the fabric cannot be followed"),
    });
    const parts = { ...options, own: name, roster: this.#roster, slots: this.#slots };
    this.view = new OverlayView({ ...parts, isFresh: (node) => this.#fresh.has(node) });
  }

  /**
   * Brings back what an earlier agent knew, then lets the driver tell. To be called when VTEPs and
   * VNIs are there; resolves when what was on the disk is in the tables.
   */
  async start(): Promise<void> {
    await this.#runner.first(() => this.#restore());
    await this.#options.driver.start(this.#own.start(), this.#listener());
  }

  /** To be called when VTEPs, or entries of others in their networks, have changed. */
  refresh(): void {
    this.#refresh = true;
    this.#runner.schedule();
  }

  /** To be called when pods have come or gone. */
  ownChanged(): void {
    this.#own.changed();
    this.refresh();
  }

  /** Resolves when all that was told is in the tables, as far as it can be. */
  idle(): Promise<void> {
    return this.#runner.idle();
  }

  /** Stops following. Tables stay as they are, and the disk has them. */
  async close(): Promise<void> {
    this.#own.close();
    await this.#options.driver.close();
    await this.#runner.stop();
    await this.#options.store.flush();
  }

  #listener(): FabricListener {
    return {
      changed: (node, unread = []) => {
        if (node.name === this.#roster.own) return;
        this.#fresh.add(node.name);
        this.#tell(node.name, withUnread(node, this.#known(node.name), unread));
      },
      gone: (name) => {
        this.#fresh.delete(name);
        this.#tell(name, null);
      },
      // Drivers tell what has changed, and nothing of the others: they are all there still.
      synchronised: (unreadable) => {
        for (const name of this.#roster.nodes.keys()) {
          if (!this.#fresh.has(name) && !unreadable.has(name)) this.#tell(name, null);
        }
      },
    };
  }

  #tell(name: string, node: FabricNode | null): void {
    this.#told.set(name, node);
    this.#runner.schedule();
  }

  #known(name: string): FabricNode | null | undefined {
    return this.#told.has(name) ? this.#told.get(name) : this.#roster.nodes.get(name)?.told;
  }

  async #restore(): Promise<boolean> {
    const { nodes, contested } = this.#options.store.read();
    this.#takeFacts();
    const others = nodes.filter(({ name }) => name !== this.#roster.own);
    this.#take(this.#roster.settle(others.map((node) => [node.name, node] as const)));
    preferSaved(this.#slots, contested);
    return await this.#apply();
  }

  async #run(): Promise<boolean> {
    if (this.#refresh) this.#takeFacts();
    const told = [...this.#told];
    this.#told.clear();
    this.#take(this.#roster.settle(told));
    this.#logRejected(told.map(([name]) => name));
    return await this.#apply();
  }

  #takeFacts(): void {
    const { tables } = this.#options;
    this.#refresh = false;
    const facts = new Facts(tables.vteps(), tables.networks());
    if (!isDeepStrictEqual(facts, this.#roster.facts)) {
      this.#slots.setFacts(facts);
      this.#take(this.#roster.setFacts(facts));
    }
    this.#slots.reserve(tables, facts);
  }

  #take(changes: readonly NodeChange[]): void {
    this.#log.contests(this.#slots.update(changes));
    if (changes.length === 0) return;
    this.#options.store.changed(() => encode(this.#roster, this.#slots));
  }

  async #apply(): Promise<boolean> {
    await this.#applier.run(this.#roster.facts);
    const { failures } = this.#slots;
    if (failures > 0) this.#log.warn({ failures }, "entries of the fabric cannot be written");
    return failures === 0;
  }

  #logRejected(names: readonly string[]): void {
    for (const name of names) {
      const node = this.#roster.nodes.get(name);
      const [reason] = [...(node?.unread ?? []), ...(node?.taken ?? [])];
      if (reason !== undefined) {
        this.#log.warn({ node: name, reason }, "a node cannot be followed in full");
      }
    }
  }
}
