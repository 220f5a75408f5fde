import type { PeerChange } from "../dataplane/native.ts";
import { PathMtuProber } from "../vxlan/path-mtu.ts";
import type { ProbedPeer } from "../vxlan/path-mtu-peer.ts";
import type { PathMtuView } from "../vxlan/path-mtu-view.ts";
import type { OverlayTables, ShownPeer } from "../vxlan/tables.ts";
import { KeyedMutex } from "./keyed-mutex.ts";
import type { Parts } from "./parts.ts";

/** Seconds between two confirmations of a path MTU. */
const CONFIRM_S = 60;

/** Probes the paths to all peers, and keeps what is found with them. */
export class PeerPaths {
  readonly #parts: Parts;
  readonly #tables: OverlayTables;
  readonly #prober: PathMtuProber;
  /** Smallest MTU of the uplinks of an underlay, by VTEP; others are not probed. */
  readonly #underlayMtu = new Map<string, number>();
  /** Addresses by VTEP; those that are about to go are there no more. */
  readonly #peers = new Map<string, Set<string>>();
  /** What is found must not come between a peer and its end: one change after the other. */
  readonly #turns = new KeyedMutex();

  constructor(parts: Parts, tables: OverlayTables) {
    const { native, log } = parts;
    this.#parts = parts;
    this.#tables = tables;
    this.#prober = new PathMtuProber(
      {
        probe: (source, destination, bytes, timeoutMs) =>
          native.probePath({ source, destination, bytes, timeoutMs }),
        now: () => performance.now(),
        peers: () => this.#probed(),
        onChange: (vtep, address, mtu) => this.#found(vtep, address, mtu),
        log,
      },
      { intervalSeconds: CONFIRM_S, enabled: tables.vteps().length > 0 },
    );
    this.#prober.start();
  }

  /**
   * To be called when uplinks may have come, or have another MTU. The paths through an uplink that
   * is away stay as they were.
   */
  async readUplinks(): Promise<void> {
    for (const [vtep, mtu] of await underlayMtus(this.#parts)) this.#underlayMtu.set(vtep, mtu);
  }

  /** The tables for whoever says which peers there are. */
  get tables(): OverlayTables {
    return {
      ...this.#tables,
      applyPeers: (vtep, changes) => this.#turns.run(vtep, () => this.#apply(vtep, changes)),
      listPeers: (vtep) => this.#list(vtep),
    };
  }

  views(): PathMtuView[] {
    return this.#prober.views();
  }

  stop(): Promise<void> {
    return this.#prober.stop();
  }

  async #apply(vtep: string, changes: PeerChange[]): Promise<void> {
    const sized = changes.map((change) => ({
      ...change,
      mtu: change.op === "del" ? 0 : this.#prober.mtuOf(vtep, change.address),
    }));
    const peers = this.#peersOf(vtep);
    const leave = changes.filter(({ op, address }) => op === "del" && peers.delete(address));
    try {
      await this.#tables.applyPeers(vtep, sized);
    } catch (error) {
      for (const { address } of leave) peers.add(address);
      throw error;
    }
    for (const { op, address } of changes) if (op !== "del") peers.add(address);
  }

  /** The addon makes a peer that is replaced and not there: one that has gone must not come back. */
  #found(vtep: string, address: string, mtu: number): Promise<void> {
    return this.#turns.run(vtep, async () => {
      if (!this.#peersOf(vtep).has(address)) return;
      await this.#tables.applyPeers(vtep, [{ op: "replace", address, mtu }]);
    });
  }

  #peersOf(vtep: string): Set<string> {
    const peers = this.#peers.get(vtep) ?? new Set();
    this.#peers.set(vtep, peers);
    return peers;
  }

  async #list(vtep: string): Promise<ShownPeer[]> {
    const states = new Map(
      this.views()
        .filter((view) => view.vtep === vtep)
        .map(({ address, state }) => [address, state] as const),
    );
    const peers = await this.#tables.listPeers(vtep);
    return peers.map((peer) => ({ ...peer, path: states.get(peer.address) ?? "unknown" }));
  }

  #probed(): ProbedPeer[] {
    return this.#tables.vteps().flatMap(({ name, address4, address6 }) => {
      const linkMtu = this.#underlayMtu.get(name);
      if (linkMtu === undefined) return [];
      return [...(this.#peers.get(name) ?? [])].map((address) => {
        const source = address.includes(":") ? address6 : address4;
        return { vtep: name, source, address, linkMtu };
      });
    });
  }
}

/** Of the VTEPs whose uplinks are there. */
async function underlayMtus(parts: Parts): Promise<Map<string, number>> {
  const links = new Map((await parts.native.listLinks()).map(({ name, mtu }) => [name, mtu]));
  const mtus = new Map<string, number>();
  for (const { name, underlay } of parts.dataplane.vteps) {
    const uplinks = parts.networks.get(underlay)?.uplinks ?? [];
    const known = uplinks.flatMap(({ ifname }) => links.get(ifname) ?? []);
    if (known.length > 0) mtus.set(name, Math.min(...known));
  }
  return mtus;
}
