import { Counter, Gauge, type Registry } from "prom-client";
import type { MirrorStatus } from "../dataplane/native.ts";
import { Growth } from "./growth.ts";

/** Totals of the mirror: name of the metric, field of the status, help. */
const TOTALS = [
  ["messages", "messages", "Netlink messages read from the kernel."],
  ["overruns", "overruns", "Times the kernel had more to tell than its queue holds (ENOBUFS)."],
  ["resyncs", "resyncs", "Times the kernel's tables were read anew."],
] as const;

/** How the routes and neighbours of the kernel are followed. */
export class MirrorMetrics {
  readonly #growth = new Growth();
  readonly #running: Gauge;
  readonly #objects: Gauge;
  readonly #resync: Gauge;
  readonly #skipped: Gauge;
  readonly #totals: readonly (readonly [keyof MirrorStatus, Counter])[];

  constructor(registry: Registry) {
    const registers = [registry];
    const gauge = (name: string, help: string, ...labelNames: string[]) =>
      new Gauge({ name: `millrace_mirror_${name}`, help, labelNames, registers });
    this.#running = gauge("running", "1 while tables of the kernel are followed.");
    this.#objects = gauge("objects", "Kernel objects known now, by kind.", "kind");
    this.#resync = gauge("resync_seconds", "Time the last reading of all tables took.");
    this.#skipped = gauge("skipped", "Kernel routes not taken, by reason.", "reason");
    this.#totals = TOTALS.map(([name, field, help]) => {
      const counter = new Counter({ name: `millrace_mirror_${name}_total`, help, registers });
      return [field, counter] as const;
    });
  }

  refresh(status: MirrorStatus): void {
    const { running, routes, neighbours, links, resyncMs, skipped } = status;
    this.#running.set(running ? 1 : 0);
    for (const [kind, count] of Object.entries({ routes, neighbours, links })) {
      this.#objects.set({ kind }, count);
    }
    this.#resync.set(resyncMs / 1000);
    this.#skipped.reset();
    for (const [reason, count] of Object.entries(skipped)) this.#skipped.set({ reason }, count);
    for (const [field, counter] of this.#totals) {
      counter.inc(this.#growth.since("mirror", field, Number(status[field])));
    }
    this.#growth.endRound();
  }
}
