import { Gauge, type Registry } from "prom-client";
import type { OverlayCounts } from "../vxlan/view.ts";

/** How the nodes of the fabric are followed. */
export class OverlayMetrics {
  readonly #connected: Gauge;
  readonly #nodes: Gauge;
  readonly #synchronised: Gauge;
  readonly #rejected: Gauge;
  readonly #conflicts: Gauge;
  readonly #peers: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    const gauge = (name: string, help: string, ...labelNames: string[]) =>
      new Gauge({ name: `millrace_${name}`, help, labelNames, registers });
    this.#connected = gauge("fabric_connected", "1 while the store of the fabric answers.");
    this.#nodes = gauge("fabric_nodes", "Other nodes known.");
    const synchronised = "Unix time of the last complete synchronisation, 0 before the first.";
    this.#synchronised = gauge("fabric_synchronised_timestamp_seconds", synchronised);
    this.#rejected = gauge("fabric_rejected", "What was told and cannot be used.");
    this.#conflicts = gauge("fabric_conflicts", "What more than one node claims.");
    this.#peers = gauge(
      "vtep_peers",
      "VTEPs of other nodes that frames are exchanged with.",
      "vtep",
    );
  }

  refresh({ connected, nodes, synchronisedAt, rejected, conflicts, peers }: OverlayCounts): void {
    this.#connected.set(connected ? 1 : 0);
    this.#nodes.set(nodes);
    this.#synchronised.set(synchronisedAt / 1000);
    this.#rejected.set(rejected);
    this.#conflicts.set(conflicts);
    for (const [vtep, count] of Object.entries(peers)) this.#peers.set({ vtep }, count);
  }
}
