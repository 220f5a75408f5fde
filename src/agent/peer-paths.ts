import type { PeerChange } from "../dataplane/native.ts";
import { PathMtuProber } from "../vxlan/path-mtu.ts";
import type { ProbedPeer } from "../vxlan/path-mtu-peer.ts";
import type { PathMtuView } from "../vxlan/path-mtu-view.ts";
import type { OverlayTables, ShownPeer } from "../vxlan/tables.ts";
import type { Parts } from "./parts.ts";

/** Seconds between two confirmations of a path MTU. */
const CONFIRM_S = 60;

/** Probes the paths to all peers, and keeps what is found with them. */
export class PeerPaths {
  readonly #tables: OverlayTables;
  readonly #prober: PathMtuProber;
  readonly #underlayMtu: ReadonlyMap<string, number>;
  /** Addresses by VTEP. */
  readonly #peers = new Map<string, Set<string>>();

  /** @param underlayMtu smallest MTU of the uplinks of an underlay, by VTEP; others are not probed */
  constructor(parts: Parts, tables: OverlayTables, underlayMtu: ReadonlyMap<string, number>) {
    const { native, log } = parts;
    this.#tables = tables;
    this.#underlayMtu = underlayMtu;
    this.#prober = new PathMtuProber(
      {
        probe: (source, destination, bytes, timeoutMs) =>
          native.probePath({ source, destination, bytes, timeoutMs }),
        now: () => performance.now(),
        peers: () => this.#probed(),
        onChange: (vtep, address, mtu) =>
          tables.applyPeers(vtep, [{ op: "replace", address, mtu }]),
        log,
      },
      { intervalSeconds: CONFIRM_S, enabled: underlayMtu.size > 0 },
    );
    this.#prober.start();
  }

  /** The tables for whoever says which peers there are. */
  get tables(): OverlayTables {
    return {
      ...this.#tables,
      applyPeers: (vtep, changes) => this.#apply(vtep, changes),
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
    await this.#tables.applyPeers(vtep, sized);
    const peers = this.#peers.get(vtep) ?? new Set();
    for (const { op, address } of changes)
      op === "del" ? peers.delete(address) : peers.add(address);
    this.#peers.set(vtep, peers);
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
export async function underlayMtus(parts: Parts): Promise<Map<string, number>> {
  const links = new Map((await parts.native.listLinks()).map(({ name, mtu }) => [name, mtu]));
  const mtus = new Map<string, number>();
  for (const { name, underlay } of parts.dataplane.vteps) {
    const uplinks = parts.networks.get(underlay)?.uplinks ?? [];
    const known = uplinks.flatMap(({ ifname }) => links.get(ifname) ?? []);
    if (known.length > 0) mtus.set(name, Math.min(...known));
  }
  return mtus;
}
