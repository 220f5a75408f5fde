import { errno } from "./fake-errno.ts";
import type { FakeNative } from "./fake-native.ts";
import type {
  FdbChange,
  FdbInfo,
  HostChange,
  MirrorStatus,
  NeighbourChange,
  NeighbourInfo,
  RouteChange,
  RouteInfo,
} from "./native.ts";

/** The forwarding tables of the addon in memory. Nothing is learned or looked up. */
export class FakeTables {
  /** "<network> <prefix>" to the change that made it. */
  readonly routes = new Map<string, RouteChange>();
  /** "<network> <port> <address>". */
  readonly neighbours = new Map<string, NeighbourChange>();
  /** "<network> <vlan> <address>". */
  readonly hosts = new Map<string, HostChange>();
  /** "<network> <vlan> <mac>". */
  readonly fdb = new Map<string, FdbChange>();
  /** Kernel table by network. */
  readonly mirrors = new Map<number, number>();
  readonly #native: FakeNative;

  constructor(native: FakeNative) {
    this.#native = native;
  }

  applyRoutes(network: number, changes: RouteChange[]): Promise<void> {
    const key = ({ prefix }: RouteChange) => `${network} ${prefix}`;
    return this.#native.call("applyRoutes", () => applyAll(this.routes, changes, key));
  }

  async listRoutes(network: number): Promise<{ routes: RouteInfo[]; total: number }> {
    const routes = inNetwork(this.routes, network).map(
      ({ prefix, type, source, nextHops, leakTo }): RouteInfo => ({
        prefix,
        type,
        source,
        leakTo,
        nextHops: nextHops.map((hop) => ({ ...hop, mac: "", resolved: hop.address === "" })),
        packets: null,
        bytes: null,
      }),
    );
    return { routes, total: routes.length };
  }

  applyNeighbours(network: number, changes: NeighbourChange[]): Promise<void> {
    const key = ({ port, address }: NeighbourChange) => `${network} ${port} ${address}`;
    return this.#native.call("applyNeighbours", () => applyAll(this.neighbours, changes, key));
  }

  async listNeighbours(network: number): Promise<NeighbourInfo[]> {
    return inNetwork(this.neighbours, network).map(({ op: _, ...neighbour }) => ({
      ...neighbour,
      resolved: true,
      source: "static",
      used: false,
    }));
  }

  applyFdb(network: number, changes: FdbChange[]): Promise<void> {
    const key = ({ vlan, mac }: FdbChange) => `${network} ${vlan} ${mac}`;
    return this.#native.call("applyFdb", () => applyAll(this.fdb, changes, key));
  }

  async listFdb(network: number): Promise<FdbInfo[]> {
    return inNetwork(this.fdb, network).map(({ op: _, ...entry }) => ({
      ...entry,
      source: "static",
      age: 0,
    }));
  }

  applyHosts(network: number, changes: HostChange[]): Promise<void> {
    const key = ({ vlan, address }: HostChange) => `${network} ${vlan} ${address}`;
    return this.#native.call("applyHosts", () => applyAll(this.hosts, changes, key));
  }

  setMirror(network: number, table: number): Promise<void> {
    return this.#native.call("setMirror", () => void this.mirrors.set(network, table));
  }

  mirrorStatus(): MirrorStatus {
    const counts = { routes: 0, neighbours: 0, links: 0, messages: 0, overruns: 0, resyncs: 1 };
    return { running: this.mirrors.size > 0, ...counts, resyncMs: 1, skipped: {} };
  }
}

/** All of the changes or none, as the contract says. */
function applyAll<T extends { op: "add" | "replace" | "del" }>(
  table: Map<string, T>,
  changes: readonly T[],
  keyOf: (change: T) => string,
): void {
  const changed = new Map(table);
  for (const change of changes) {
    const key = keyOf(change);
    if (change.op === "add" && changed.has(key)) throw errno("EEXIST", `${key} exists`);
    if (change.op === "del" && !changed.delete(key)) throw errno("ENOENT", `no ${key}`);
    if (change.op !== "del") changed.set(key, change);
  }
  table.clear();
  for (const [key, change] of changed) table.set(key, change);
}

function inNetwork<T>(table: ReadonlyMap<string, T>, network: number): T[] {
  return [...table].flatMap(([key, value]) => (key.startsWith(`${network} `) ? [value] : []));
}
