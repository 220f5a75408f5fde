import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Outcome } from "./admission.ts";

/** "malformed" is what is no review at all. */
export type CountedOutcome = Outcome | "malformed";

const OUTCOMES: readonly CountedOutcome[] = [
  "ignored",
  "unchanged",
  "patched",
  "refused",
  "undecided",
  "malformed",
];
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** Metrics of the webhook, in a registry of their own. */
export class WebhookMetrics {
  readonly #registry = new Registry();
  readonly #admissions: Counter;
  readonly #seconds: Histogram;

  /** @param validTo when the serving certificate expires, in milliseconds since the epoch */
  constructor(validTo: () => number) {
    const registers = [this.#registry];
    this.#admissions = new Counter({
      name: "millrace_webhook_admissions_total",
      help: "Requests of the API server by what became of them.",
      labelNames: ["outcome"],
      registers,
    });
    for (const outcome of OUTCOMES) this.#admissions.inc({ outcome }, 0);
    this.#seconds = new Histogram({
      name: "millrace_webhook_admission_seconds",
      help: "Time a request took, the look-ups of its definitions included.",
      buckets: SECONDS,
      registers,
    });
    new Gauge({
      name: "millrace_webhook_certificate_expiry_timestamp_seconds",
      help: "When the serving certificate expires, in seconds since the epoch.",
      registers,
      collect() {
        this.set(validTo() / 1000);
      },
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  observe(outcome: CountedOutcome, seconds: number): void {
    this.#admissions.inc({ outcome });
    this.#seconds.observe(seconds);
  }

  /** Prometheus text format 0.0.4. */
  scrape(): Promise<string> {
    return this.#registry.metrics();
  }
}
