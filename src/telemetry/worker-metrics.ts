import { Counter, Gauge, type Registry } from "prom-client";
import type { AgentView } from "../agent/view.ts";
import { Growth } from "./growth.ts";

/** Rounds and frames of the ring-loop threads. */
export class WorkerMetrics {
  readonly #growth = new Growth();
  readonly #rounds: Counter;
  readonly #sleeps: Counter;
  readonly #frames: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#rounds = new Counter({
      name: "millrace_worker_rounds_total",
      help: "Rounds of the ring loop; busy ones found frames, idle ones did not.",
      labelNames: ["worker", "kind"],
      registers,
    });
    this.#sleeps = new Counter({
      name: "millrace_worker_sleeps_total",
      help: "Times an idle worker went to sleep until a packet comes.",
      labelNames: ["worker"],
      registers,
    });
    this.#frames = new Gauge({
      name: "millrace_worker_frames",
      help: "UMEM frames of a worker: free ones and all.",
      labelNames: ["worker", "kind"],
      registers,
    });
  }

  refresh(view: AgentView): void {
    for (const { worker, counters } of view.counters().workers) {
      const grown = (name: string, total: number) =>
        this.#growth.since(String(worker), name, total);
      const busy = counters["busy_rounds"] ?? 0;
      const idle = Math.max(0, (counters["rounds"] ?? 0) - busy);
      this.#rounds.inc({ worker, kind: "busy" }, grown("busy", busy));
      this.#rounds.inc({ worker, kind: "idle" }, grown("idle", idle));
      this.#sleeps.inc({ worker }, grown("sleeps", counters["sleeps"] ?? 0));
      this.#frames.set({ worker, kind: "free" }, counters["frames_free"] ?? 0);
      this.#frames.set({ worker, kind: "total" }, counters["frames_total"] ?? 0);
    }
    this.#growth.endRound();
  }
}
