import { contains, covers, parseAddress, parsePrefix } from "../networks/ip.ts";
import type { TableNative } from "./forwarding-model.ts";
import type {
  FdbChange,
  FdbInfo,
  NeighbourChange,
  NeighbourInfo,
  PeerInfo,
  RouteChange,
  RouteInfo,
  RouteQuery,
  TraceRequest,
  TraceResult,
} from "./native.ts";

/** Tables in memory for tests; they do not check what they are told. */
export class FakeTables implements TableNative {
  /** By network id. */
  readonly routes = new Map<number, RouteInfo[]>();
  readonly neighbours = new Map<number, NeighbourInfo[]>();
  readonly fdb = new Map<number, FdbInfo[]>();
  /** By VTEP. */
  readonly peers = new Map<number, PeerInfo[]>();
  /** Batches applied, in order. */
  readonly batches: { network: number; changes: readonly unknown[] }[] = [];
  readonly traced: TraceRequest[] = [];
  answer: TraceResult = {
    steps: [],
    verdict: "sent",
    ports: [],
    reason: "",
    frame: "",
    lane: "off",
  };
  /** What the next change is refused with. */
  failure: Error | null = null;

  async applyRoutes(network: number, changes: RouteChange[]): Promise<void> {
    this.#begin(network, changes);
    for (const { op, prefix, nextHops, counted, ...rest } of changes) {
      const others = (this.routes.get(network) ?? []).filter((route) => route.prefix !== prefix);
      const hops = nextHops.map((hop) => ({ ...hop, mac: "", resolved: hop.address === "" }));
      const count = counted ? 0 : null;
      const made = { ...rest, prefix, nextHops: hops, packets: count, bytes: count };
      this.routes.set(network, op === "del" ? others : [...others, made]);
    }
  }

  async listRoutes(network: number, query: RouteQuery) {
    const { family, within, match, source, limit } = query;
    let found = (this.routes.get(network) ?? []).filter((route) => {
      const prefix = parsePrefix(route.prefix);
      if (family !== 0 && prefix.family !== family) return false;
      if (within !== "" && !covers(parsePrefix(within), prefix)) return false;
      if (match !== "" && !contains(prefix, parseAddress(match))) return false;
      return source === "" || route.source === source;
    });
    found.sort((a, b) => inOrder(a, b));
    if (match !== "") found = found.slice(-1);
    return { routes: structuredClone(found.slice(0, limit)), total: found.length };
  }

  async applyNeighbours(network: number, changes: NeighbourChange[]): Promise<void> {
    this.#begin(network, changes);
    for (const { op, port, address, mac } of changes) {
      const others = (this.neighbours.get(network) ?? []).filter(
        (one) => one.port !== port || one.address !== address,
      );
      const made = { port, address, mac, resolved: true, source: "static", used: false } as const;
      this.neighbours.set(network, op === "del" ? others : [...others, made]);
    }
  }

  async listNeighbours(network: number): Promise<NeighbourInfo[]> {
    return structuredClone(this.neighbours.get(network) ?? []);
  }

  async applyFdb(network: number, changes: FdbChange[]): Promise<void> {
    this.#begin(network, changes);
    for (const { op, mac, vlan, port, peer } of changes) {
      const others = (this.fdb.get(network) ?? []).filter(
        (one) => one.mac !== mac || one.vlan !== vlan,
      );
      const made = { mac, vlan, port, peer, source: "static", age: 0 } as const;
      this.fdb.set(network, op === "del" ? others : [...others, made]);
    }
  }

  async listFdb(network: number): Promise<FdbInfo[]> {
    return structuredClone(this.fdb.get(network) ?? []);
  }

  async listPeers(vtep: number): Promise<PeerInfo[]> {
    return structuredClone(this.peers.get(vtep) ?? []);
  }

  mirrorStatus() {
    const counts = { routes: 5, neighbours: 2, links: 3, messages: 40, overruns: 1, resyncs: 2 };
    return { running: true, ...counts, resyncMs: 7, skipped: { multicast: 4, local: 0 } };
  }

  async trace(request: TraceRequest): Promise<TraceResult> {
    this.traced.push(request);
    return structuredClone(this.answer);
  }

  #begin(network: number, changes: readonly unknown[]): void {
    const failure = this.failure;
    this.failure = null;
    if (failure) throw failure;
    this.batches.push({ network, changes: structuredClone(changes) });
  }
}

function inOrder(a: RouteInfo, b: RouteInfo): number {
  const [x, y] = [parsePrefix(a.prefix), parsePrefix(b.prefix)];
  if (x.family !== y.family) return x.family - y.family;
  if (x.base !== y.base) return x.base < y.base ? -1 : 1;
  return x.length - y.length;
}
