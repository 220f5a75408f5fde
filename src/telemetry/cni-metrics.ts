import { Counter, Histogram, type Registry } from "prom-client";

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];

/** CNI calls by verb, outcome and duration. */
export class CniMetrics {
  readonly #calls: Counter;
  readonly #duration: Histogram;

  constructor(registry: Registry) {
    this.#calls = new Counter({
      name: "millrace_cni_calls_total",
      help: "CNI calls by verb and error code of the CNI specification; 0 for success.",
      labelNames: ["verb", "code"],
      registers: [registry],
    });
    this.#duration = new Histogram({
      name: "millrace_cni_duration_seconds",
      help: "Time the agent took for a CNI call.",
      labelNames: ["verb"],
      buckets: SECONDS,
      registers: [registry],
    });
  }

  /** @param code Error code of the CNI specification (section 5), 0 for success. */
  observe(verb: string, code: number, seconds: number): void {
    this.#calls.inc({ verb, code });
    this.#duration.observe({ verb }, seconds);
  }
}
