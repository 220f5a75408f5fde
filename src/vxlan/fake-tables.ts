import { isIP } from "node:net";
import type {
  FdbChange,
  FdbInfo,
  HostChange,
  NeighbourChange,
  PeerChange,
  PeerInfo,
  RouteChange,
} from "../dataplane/native.ts";
import type { Station } from "./own-node.ts";
import type { OverlayNetwork, OverlayTables, OwnVtep, Reserved } from "./tables.ts";

type Op = "add" | "replace" | "del";
type Table = Map<string, string>;

/**
 * VTEP "main" with the routed network blue (VNI 100) and the bridged one lan (VNI 200), which
 * refuse what the dataplane refuses: entries that are there already, or are not, or that name what
 * is unknown, and peers that go while something leads to them.
 */
export class FakeOverlay implements OverlayTables {
  vtep: OwnVtep = {
    name: "main",
    underlay: "under",
    udpPort: 4789,
    address4: "198.51.100.1",
    address6: "2001:db8:ffff::1",
  };
  nets: OverlayNetwork[] = [
    network("blue", "routed", 100, 7, ["10.255.0.0/16"]),
    network("lan", "bridged", 200, 8, []),
  ];
  readonly reservedBy = new Map<string, Partial<Reserved>>();
  stations: Station[] = [];
  /** "peers main", "routes blue" …: entries by key. */
  readonly all = new Map<string, Table>();
  readonly floods = new Map<string, string[]>();
  /** Calls made, in order: "applyPeers main 3". */
  readonly calls: string[] = [];
  /** Every single change, in order: "add peers 192.0.2.1". */
  readonly changes: string[] = [];
  /** Calls refused, with the reason. */
  readonly refusals: string[] = [];
  /** Keys that are refused. */
  readonly bad = new Set<string>();

  vteps = (): OwnVtep[] => [this.vtep];
  networks = (): OverlayNetwork[] => this.nets;

  reserved(name: string): Reserved {
    const none = new Map<string, string>();
    const more = this.reservedBy.get(name);
    return { routes: none, macs: none, addresses: none, neighbours: none, ...more };
  }

  table(id: string): Table {
    const table = this.all.get(id) ?? new Map<string, string>();
    this.all.set(id, table);
    return table;
  }

  /** As an object, for comparisons. */
  entries(id: string): Record<string, string> {
    return Object.fromEntries(this.table(id));
  }

  async applyPeers(vtep: string, changes: PeerChange[]): Promise<void> {
    await this.#apply("applyPeers", `peers ${vtep}`, changes, (one) => {
      if (one.op === "del" && this.#isUsed(one.address)) throw new Error("the peer is in use");
      return [one.address, ""];
    });
  }

  async listPeers(vtep: string): Promise<PeerInfo[]> {
    return [...this.table(`peers ${vtep}`).keys()].map((address) => ({ address, mtu: 1500 }));
  }

  async applyFdb(name: string, changes: FdbChange[]): Promise<void> {
    const { port } = this.#networkOf(name);
    await this.#apply("applyFdb", `fdb ${name}`, changes, (one) => {
      if (one.port !== port) throw new Error(`port ${one.port} is not in the network`);
      if (one.op !== "del") this.#requirePeer(one.peer);
      return [one.mac, one.peer];
    });
  }

  /** What is no address of a peer was put there by a test, for a pod. */
  async listFdb(name: string): Promise<FdbInfo[]> {
    const { port } = this.#networkOf(name);
    return [...this.table(`fdb ${name}`)].map(([mac, value]) => {
      const isPeer = isIP(value) !== 0;
      const place = isPeer ? { port, peer: value } : { port: 1, peer: "" };
      return { mac, vlan: 0, ...place, source: isPeer ? "static" : "pod", age: 0 };
    });
  }

  async applyHosts(name: string, changes: HostChange[]): Promise<void> {
    const table = this.table(`hosts ${name}`);
    // Hosts are set, or erased if they are there.
    const said = changes.filter(({ op, address }) => op === "add" || table.has(address));
    const ops = said.map((one) => ({
      ...one,
      op: one.op === "add" && table.has(one.address) ? ("replace" as const) : one.op,
    }));
    await this.#apply("applyHosts", `hosts ${name}`, ops, (one) => [one.address, one.mac]);
  }

  async applyNeighbours(name: string, changes: NeighbourChange[]): Promise<void> {
    const { port } = this.#networkOf(name);
    await this.#apply("applyNeighbours", `neighbours ${name}`, changes, (one) => {
      if (one.port !== port) throw new Error(`there is no port ${one.port}`);
      return [one.address, one.mac];
    });
  }

  async applyRoutes(name: string, changes: RouteChange[]): Promise<void> {
    const { port } = this.#networkOf(name);
    await this.#apply("applyRoutes", `routes ${name}`, changes, (one) => {
      const [hop] = one.nextHops;
      if (one.op !== "del" && hop?.port !== port) throw new Error("there is no such port");
      return [one.prefix, hop?.address ?? ""];
    });
  }

  async setFlood(name: string, peers: string[]): Promise<void> {
    await turn();
    this.calls.push(`setFlood ${name} ${peers.length}`);
    this.#noting(() => peers.forEach((peer) => void this.#requirePeer(peer)));
    this.floods.set(name, [...peers]);
  }

  /** All changes or none. */
  async #apply<T extends { op: Op }>(
    call: string,
    id: string,
    changes: readonly T[],
    entryOf: (change: T) => [key: string, value: string],
  ): Promise<void> {
    await turn();
    this.calls.push(`${call} ${id.split(" ")[1]} ${changes.length}`);
    const table = this.table(id);
    const seen = new Set<string>();
    const check = (change: T) => {
      const [key, value] = entryOf(change);
      const { op } = change;
      if (this.bad.has(key) && op !== "del") throw new Error(`${key} is refused`);
      if (seen.has(key)) throw new Error(`${key}: named twice`);
      seen.add(key);
      if ((op === "add") === table.has(key)) throw new Error(`${op} ${key}: it is there, or not`);
      return { op, key, value };
    };
    const checked = this.#noting(() => changes.map(check));
    for (const { op, key, value } of checked) {
      this.changes.push(`${op} ${id.split(" ")[0]} ${key}`);
      if (op === "del") table.delete(key);
      else table.set(key, value);
    }
  }

  #noting<T>(check: () => T): T {
    try {
      return check();
    } catch (error) {
      this.refusals.push((error as Error).message);
      throw error;
    }
  }

  #networkOf(name: string): OverlayNetwork {
    const found = this.nets.find((one) => one.name === name);
    if (!found) throw new Error(`no network ${name}`);
    return found;
  }

  #requirePeer(peer: string): void {
    if (!this.table("peers main").has(peer)) throw new Error(`${peer} is no peer`);
  }

  #isUsed(peer: string): boolean {
    if ([...this.floods.values()].some((list) => list.includes(peer))) return true;
    const leading = ["fdb blue", "fdb lan", "routes blue"];
    return leading.some((id) => [...this.table(id).values()].includes(peer));
  }
}

/** The dataplane answers from a thread of its own. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

function network(
  name: string,
  kind: OverlayNetwork["kind"],
  vni: number,
  port: number,
  prefixes: string[],
): OverlayNetwork {
  const how = { vtep: "main", mac: `02:ff:00:00:00:${port.toString(16).padStart(2, "0")}` };
  return { name, kind, vni, ...how, mtu: 1450, port, prefixes };
}
