import { readFileSync } from "node:fs";
import { describeFailure } from "../../fabric/kubernetes-error.ts";
import type { Logger } from "../../telemetry/log.ts";
import { readCertificates } from "./certificate.ts";
import type { ClusterApi } from "./cluster-api.ts";

export interface CaBundleOptions {
  /** PEM file of the authorities that sign the serving certificate. */
  ca: string;
  /** Name of the MutatingWebhookConfiguration. */
  configuration: string;
}

export interface CaBundleTiming {
  /** After a failure. */
  retryMs: number;
  /** After a success, though the file has not changed: somebody may have applied a manifest. */
  recheckMs: number;
}

const TIMING: CaBundleTiming = { retryMs: 10_000, recheckMs: 60_000 };
const REQUEST_TIMEOUT_MS = 10_000;

/** Keeps the CA bundle of a MutatingWebhookConfiguration what a file says. */
export class CaBundle {
  readonly #options: CaBundleOptions;
  readonly #api: Pick<ClusterApi, "webhooks" | "setCaBundle">;
  readonly #log: Logger;
  readonly #timing: CaBundleTiming;
  readonly #closed = new AbortController();
  #tried = "";
  #nextAt = 0;
  #complaint = "";
  #running: Promise<void> | null = null;

  constructor(
    options: CaBundleOptions,
    api: Pick<ClusterApi, "webhooks" | "setCaBundle">,
    log: Logger,
    timing: CaBundleTiming = TIMING,
  ) {
    this.#options = options;
    this.#api = api;
    this.#log = log;
    this.#timing = timing;
  }

  /** Looks at the file and, when it is time, at the configuration. Does not wait for the API. */
  poll(): void {
    if (this.#running !== null) return;
    this.#running = this.#follow().finally(() => {
      this.#running = null;
    });
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    try {
      const bundle = this.#read();
      if (bundle === this.#tried && performance.now() < this.#nextAt) return;
      this.#tried = bundle;
      await this.#tell(bundle);
      this.#nextAt = performance.now() + this.#timing.recheckMs;
      this.#complaint = "";
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      this.#nextAt = performance.now() + this.#timing.retryMs;
      this.#complain(describeFailure(error));
    }
  }

  /** In base64, as the API wants it. */
  #read(): string {
    const { ca } = this.#options;
    const text = readFileSync(ca, "utf8");
    try {
      readCertificates(text);
    } catch (error) {
      throw new Error(`CA bundle ${ca}: ${(error as Error).message}`, { cause: error });
    }
    return Buffer.from(text).toString("base64");
  }

  async #tell(bundle: string): Promise<void> {
    const { configuration } = this.#options;
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const signal = AbortSignal.any([timeout, this.#closed.signal]);
    const webhooks = await this.#api.webhooks(configuration, signal);
    const others = webhooks.filter((one) => one.caBundle !== bundle).map(({ name }) => name);
    if (others.length === 0) return;
    await this.#api.setCaBundle(configuration, others, bundle, signal);
    this.#log.info({ configuration, webhooks: others }, "CA bundle written");
  }

  #complain(reason: string): void {
    if (reason === this.#complaint) return;
    this.#complaint = reason;
    const { configuration } = this.#options;
    this.#log.warn({ configuration, reason }, "the CA bundle could not be written; trying on");
  }
}
