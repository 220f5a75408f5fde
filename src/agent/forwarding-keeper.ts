import type { Logger } from "pino";
import { ForwardingError } from "../dataplane/forwarding-error.ts";
import { portName } from "../dataplane/forwarding-find.ts";
import type { TableHost, TablePort } from "../dataplane/forwarding-model.ts";
import type { CheckedRoute } from "../dataplane/forwarding-routes.ts";
import type { RouteChange } from "../dataplane/native.ts";
import type { EntryStore } from "../store/entries.ts";
import { putEntries } from "./forwarding-restore.ts";
import { type Table, WaitingList } from "./forwarding-waiting.ts";

/**
 * Keeps the tables in step with the store: brings entries back after a restart, takes them out
 * when their port goes, and puts them in again when it returns.
 */
export class EntryKeeper {
  readonly waiting = new WaitingList();
  readonly #host: TableHost;
  readonly #store: EntryStore;
  readonly #log: Logger;
  /** Routes in the table that have next hops, by network and prefix. */
  readonly #routes = new Map<string, { network: string; change: RouteChange }>();

  constructor(host: TableHost, store: EntryStore, log: Logger) {
    this.#host = host;
    this.#store = store;
    this.#log = log;
  }

  /** Whether the table has nothing of a route in the store. */
  readonly waits = (network: string, prefix: string): boolean =>
    this.waiting.has("routes", network, prefix) && !this.#routes.has(`${network} ${prefix}`);

  /** Puts every entry into its table. @returns those that have to wait, in words */
  async restore(): Promise<string[]> {
    for (const network of this.#store.networks) {
      const entries = this.#store.network(network);
      for (const table of ["routes", "neighbours", "fdb"] as const) {
        for (const key of entries[table].keys()) {
          this.waiting.set(table, network, key, "not tried yet");
        }
      }
    }
    await this.retry();
    const problems = this.waiting
      .all()
      .map(({ network, entry, reason }) => `network ${network}, ${entry}: ${reason}`);
    for (const problem of problems) this.#log.warn({ problem }, "an entry cannot be applied yet");
    return problems;
  }

  /** Tries again what waits; what still cannot be applied goes on waiting. */
  async retry(): Promise<void> {
    // Neighbours first: a route is of little use before its next hop.
    for (const table of ["neighbours", "routes", "fdb"] as const) {
      for (const [network, keys] of this.waiting.of(table)) await this.#try(table, network, keys);
    }
  }

  routesApplied(network: string, checked: readonly CheckedRoute[]): void {
    for (const { wish, change } of checked) {
      this.waiting.delete("routes", network, wish.prefix);
      this.#remember(network, wish.prefix, change?.op === "del" ? null : change);
    }
  }

  applied(table: Table, network: string, entries: readonly (readonly [string, unknown])[]): void {
    for (const [key] of entries) this.waiting.delete(table, network, key);
  }

  /** Takes out what leads to a port, before it goes. */
  async portLeaves(number: number): Promise<void> {
    const port = this.#host.ports().find((one) => one.port === number);
    if (!port) return;
    const reason = `${portName(port)} is gone`;
    for (const { network, change } of [...this.#routes.values()]) {
      if (!change.nextHops.some((hop) => hop.port === number)) continue;
      this.waiting.set("routes", network, change.prefix, reason);
      await this.#withdrawRoute(network, change, number);
    }
    await this.#withdrawRest(port, reason);
  }

  /** Takes out the FDB entries of the API that lead to peers, before these go. */
  async peersLeave(vtep: string, peers: ReadonlySet<string>): Promise<void> {
    for (const { name, overlay } of this.#host.networks()) {
      if (overlay?.vtepName !== vtep) continue;
      for (const [key, { mac, vlan, peer }] of this.#store.network(name).fdb) {
        if (!peers.has(peer) || this.waiting.has("fdb", name, key)) continue;
        this.waiting.set("fdb", name, key, `VTEP ${vtep} has no peer ${peer} any more`);
        const change = { op: "del", mac, vlan, port: overlay.port, peer } as const;
        await this.#forced(name, (id) => this.#host.native.applyFdb(id, [change]));
      }
    }
  }

  /** All at once; if one of them cannot be applied, each for itself. */
  async #try(table: Table, network: string, keys: string[]): Promise<void> {
    try {
      const checked = await putEntries(this.#host, this.#store, table, network, keys);
      this.routesApplied(network, checked);
      for (const key of keys) this.waiting.delete(table, network, key);
    } catch (error) {
      const [key] = keys;
      if (keys.length > 1) for (const one of keys) await this.#try(table, network, [one]);
      else if (key !== undefined) this.waiting.set(table, network, key, reasonOf(error));
    }
  }

  /** The other next hops that a route has go on serving it. */
  async #withdrawRoute(network: string, change: RouteChange, port: number): Promise<void> {
    const nextHops = change.nextHops.filter((hop) => hop.port !== port);
    const rest: RouteChange = { ...change, op: nextHops.length > 0 ? "replace" : "del", nextHops };
    await this.#forced(network, (id) => this.#host.native.applyRoutes(id, [rest]));
    this.#remember(network, change.prefix, rest.op === "del" ? null : rest);
  }

  async #withdrawRest({ ifname, port, network }: TablePort, reason: string): Promise<void> {
    const { neighbours, fdb } = this.#store.network(network);
    const { native } = this.#host;
    const there = (table: Table, [key, entry]: readonly [string, { port: string }]) => {
      if (entry.port !== ifname || this.waiting.has(table, network, key)) return false;
      this.waiting.set(table, network, key, reason);
      return true;
    };
    for (const found of neighbours) {
      if (!there("neighbours", found)) continue;
      const { address, mac } = found[1];
      const change = { op: "del", port, address, mac } as const;
      await this.#forced(network, (id) => native.applyNeighbours(id, [change]));
    }
    for (const found of fdb) {
      if (!there("fdb", found)) continue;
      const { mac, vlan, peer } = found[1];
      const change = { op: "del", mac, vlan, port, peer } as const;
      await this.#forced(network, (id) => native.applyFdb(id, [change]));
    }
  }

  /** A port goes, whatever happens on the way. */
  async #forced(network: string, work: (id: number) => Promise<void>): Promise<void> {
    const id = this.#host.networks().find(({ name }) => name === network)?.id;
    if (id === undefined) return;
    await work(id).catch((err: Error) => {
      this.#log.error({ network, err }, "an entry could not be taken out of its table");
    });
  }

  #remember(network: string, prefix: string, change: RouteChange | null): void {
    const id = `${network} ${prefix}`;
    if (change && change.nextHops.length > 0) this.#routes.set(id, { network, change });
    else this.#routes.delete(id);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof ForwardingError ? error.reason : (error as Error).message;
}
