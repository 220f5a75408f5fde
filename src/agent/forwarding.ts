import type { Logger } from "pino";
import { ForwardingError } from "../dataplane/forwarding-error.ts";
import { checkFdb } from "../dataplane/forwarding-fdb.ts";
import { findPort } from "../dataplane/forwarding-find.ts";
import type {
  FdbWish,
  NeighbourWish,
  RouteWish,
  TableHost,
} from "../dataplane/forwarding-model.ts";
import { checkNeighbours } from "../dataplane/forwarding-neighbours.ts";
import { checkRoutes } from "../dataplane/forwarding-routes.ts";
import { type EntryEdits, type EntryStore, fdbKey, neighbourKey } from "../store/entries.ts";
import { knownEntries, storedRoute } from "./forwarding-entries.ts";
import { EntryKeeper } from "./forwarding-keeper.ts";
import { changesOf } from "./forwarding-restore.ts";
import { Names, showFdb, showNeighbours, showRoutes } from "./forwarding-show.ts";
import { trace } from "./forwarding-trace.ts";
import type {
  Applied,
  FdbFilter,
  FdbList,
  ForwardingApi,
  MirrorView,
  NeighbourFilter,
  NeighbourList,
  PortMove,
  PortMoved,
  RouteFilter,
  RouteList,
  TraceView,
  TraceWish,
} from "./forwarding-view.ts";
import { KeyedMutex } from "./keyed-mutex.ts";

/** The forwarding tables as the API sees them, with the entries that survive a restart. */
export class Forwarding implements ForwardingApi {
  readonly #host: TableHost;
  readonly #store: EntryStore;
  readonly #keeper: EntryKeeper;
  readonly #changed: () => void;
  readonly #turns = new KeyedMutex();
  /** The one that waits for its turn. */
  #retry: Promise<void> | null = null;

  /** @param changed called when entries of the API have changed */
  constructor(host: TableHost, store: EntryStore, log: Logger, changed: () => void = () => {}) {
    this.#host = host;
    this.#store = store;
    this.#changed = changed;
    this.#keeper = new EntryKeeper(host, store, log);
  }

  /**
   * Puts the entries of an earlier agent into the tables, after networks and uplinks are there.
   * Those that cannot be applied are logged, kept, and tried again by retry().
   * @returns them, in words
   */
  restoreEntries(): Promise<string[]> {
    return this.#turn(() => this.#keeper.restore());
  }

  /** To be called when a port has come, or routes may have: applies what waited for it. */
  retry(): Promise<void> {
    // One that has not begun yet finds what has come meanwhile.
    this.#retry ??= this.#turn(() => {
      this.#retry = null;
      return this.#keeper.retry();
    });
    return this.#retry;
  }

  /**
   * To be called before a port goes: takes out the entries that lead there. They wait for it to
   * come back. Its number may be another pod's a moment later.
   * @param port number of the port
   */
  portLeaves(port: number): Promise<void> {
    return this.#turn(() => this.#keeper.portLeaves(port));
  }

  /**
   * To be called when peers of a VTEP go: their entries wait for them to come back.
   * @param remove takes the peers away, before a retry can find them still there
   * @throws what `remove` rejects with
   */
  peersLeave(vtep: string, peers: readonly string[], remove: () => Promise<void>): Promise<void> {
    return this.#turn(async () => {
      await this.#keeper.peersLeave(vtep, new Set(peers));
      await remove();
    });
  }

  async routes(filter: RouteFilter): Promise<RouteList> {
    const shown = await showRoutes(this.#host, filter);
    return { ...shown, waiting: this.#keeper.waiting.view("routes", filter.network) };
  }

  async neighbours(filter: NeighbourFilter): Promise<NeighbourList> {
    const neighbours = await showNeighbours(this.#host, filter);
    return { neighbours, waiting: this.#keeper.waiting.view("neighbours", filter.network) };
  }

  async fdb(filter: FdbFilter): Promise<FdbList> {
    const entries = await showFdb(this.#host, filter);
    return { entries, waiting: this.#keeper.waiting.view("fdb", filter.network) };
  }

  changeRoutes(name: string, wishes: readonly RouteWish[]): Promise<Applied> {
    return this.#turn(async () => {
      const known = knownEntries(this.#store, this.#keeper.waits).routes;
      const { network, checked } = await checkRoutes(this.#host, name, wishes, known);
      const changes = changesOf(checked);
      const ports = this.#host.ports();
      const routes = checked.map(
        ({ wish, change }) =>
          [wish.prefix, wish.op === "del" ? null : storedRoute(wish, change, ports)] as const,
      );
      await this.#apply(name, { routes }, async () => {
        if (changes.length > 0) await this.#host.native.applyRoutes(network.id, changes);
      });
      this.#keeper.routesApplied(name, checked);
      return { applied: checked.length };
    });
  }

  changeNeighbours(name: string, wishes: readonly NeighbourWish[]): Promise<Applied> {
    return this.#turn(async () => {
      const known = knownEntries(this.#store).neighbours;
      const { network, checked } = await checkNeighbours(this.#host, name, wishes, known);
      const changes = changesOf(checked);
      const neighbours = checked.map(({ wish: { op, port, address, mac } }) => {
        const entry = { port, address, mac };
        return [neighbourKey(entry), op === "del" ? null : entry] as const;
      });
      await this.#apply(name, { neighbours }, async () => {
        if (changes.length > 0) await this.#host.native.applyNeighbours(network.id, changes);
      });
      this.#keeper.applied("neighbours", name, neighbours);
      return { applied: checked.length };
    });
  }

  changeFdb(name: string, wishes: readonly FdbWish[]): Promise<Applied> {
    return this.#turn(async () => {
      const known = knownEntries(this.#store).fdb;
      const { network, checked } = await checkFdb(this.#host, name, wishes, known);
      const changes = changesOf(checked);
      const fdb = checked.map(({ wish: { op, mac, vlan, port, peer } }) => {
        const entry = { mac, vlan, port, peer };
        return [fdbKey(entry), op === "del" ? null : entry] as const;
      });
      await this.#apply(name, { fdb }, async () => {
        if (changes.length > 0) await this.#host.native.applyFdb(network.id, changes);
      });
      this.#keeper.applied("fdb", name, fdb);
      return { applied: checked.length };
    });
  }

  async movePort(move: PortMove): Promise<PortMoved> {
    const { queue, worker } = move;
    const port = findPort(this.#host.ports(), move.port, "port");
    const bound = port.queues.map((one) => one.queue);
    const workers = this.#host.workers();
    const fail = (key: string, value: number, reason: string, remedy: string) =>
      new ForwardingError({ key, value, reason, remedy });
    if (port.role === "vni") {
      const remedy = "name a port that has one";
      const reason = "it leads to other nodes and has no device";
      throw new ForwardingError({ key: "port", value: move.port, reason, remedy });
    }
    if (!bound.includes(queue)) {
      throw fail("queue", queue, "the port has no such queue", `it has ${bound.join(", ")}`);
    }
    if (worker >= workers) {
      throw fail("worker", worker, "no such worker", `there is 0 to ${workers - 1}`);
    }
    const { queues } = await this.#host.movePort(port, queue, worker);
    return { ...new Names(this.#host).ref(port.port), queues };
  }

  mirror(): MirrorView {
    const tables = this.#host
      .networks()
      .filter(({ mirrorTable }) => mirrorTable !== 0)
      .map(({ name, mirrorTable }) => ({ network: name, table: mirrorTable }));
    return { ...this.#host.native.mirrorStatus(), tables };
  }

  trace(wish: TraceWish): Promise<TraceView> {
    return trace(this.#host, wish);
  }

  async #apply(network: string, edits: EntryEdits, apply: () => Promise<void>): Promise<void> {
    const takeBack = await this.#store.change(network, edits);
    try {
      await apply();
      this.#changed();
    } catch (error) {
      await takeBack();
      const reason = `the dataplane refused: ${(error as Error).message}`;
      const remedy = "nothing was changed";
      throw new ForwardingError({ key: "network", value: network, reason, remedy });
    }
  }

  /** What was checked must still hold when it is applied: one change after the other. */
  #turn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run("tables", work);
  }
}
