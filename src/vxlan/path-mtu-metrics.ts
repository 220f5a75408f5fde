import { Gauge, type Registry } from "prom-client";
import type { PathMtuView } from "./path-mtu-view.ts";

const STATES = ["ok", "reduced", "black-hole", "unknown"] as const;

/** Peers by state, and the narrowest path: labels do not grow with the number of peers. */
export class PathMtuMetrics {
  readonly #peers: Gauge;
  readonly #bytes: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#peers = new Gauge({
      name: "millrace_peer_path_mtu_peers",
      help: "Peers of a VTEP, by what is known of the path to them.",
      labelNames: ["vtep", "state"],
      registers,
    });
    this.#bytes = new Gauge({
      name: "millrace_peer_path_mtu_bytes",
      help: "Longest outer packet that reaches every peer of a VTEP in this state.",
      labelNames: ["vtep", "state"],
      registers,
    });
  }

  refresh(views: readonly PathMtuView[]): void {
    this.#peers.reset();
    this.#bytes.reset();
    for (const [vtep, peers] of Map.groupBy(views, (view) => view.vtep)) {
      for (const state of STATES) this.#refresh(vtep, state, peers);
    }
  }

  #refresh(vtep: string, state: PathMtuView["state"], peers: readonly PathMtuView[]): void {
    const among = peers.filter((peer) => peer.state === state);
    this.#peers.set({ vtep, state }, among.length);
    const known = among.filter(({ mtu }) => mtu > 0).map(({ mtu }) => mtu);
    if (known.length > 0) this.#bytes.set({ vtep, state }, Math.min(...known));
  }
}
