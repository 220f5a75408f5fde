import { Counter, Gauge, type Registry } from "prom-client";

/**
 * The agent's own process, under the names that every Prometheus client uses. prom-client's
 * default collectors are left out: they wake an idle agent a hundred times a second.
 */
export class ProcessMetrics {
  readonly #memory: Gauge;
  readonly #start: Gauge;
  readonly #cpu: Counter;
  #cpuSeconds = 0;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#memory = new Gauge({
      name: "process_resident_memory_bytes",
      help: "Resident memory of the agent in bytes.",
      registers,
    });
    this.#start = new Gauge({
      name: "process_start_time_seconds",
      help: "Start of the agent in seconds since the epoch.",
      registers,
    });
    this.#cpu = new Counter({
      name: "process_cpu_seconds_total",
      help: "CPU time of the agent, ring loops included, in seconds.",
      registers,
    });
  }

  refresh(): void {
    this.#memory.set(process.memoryUsage.rss());
    this.#start.set(Date.now() / 1000 - process.uptime());
    const { user, system } = process.cpuUsage();
    const seconds = (user + system) / 1e6;
    this.#cpu.inc(seconds - this.#cpuSeconds);
    this.#cpuSeconds = seconds;
  }
}
