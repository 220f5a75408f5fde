import type { AddressInfo } from "node:net";
import { closeServer, listenOn } from "../../api/listen.ts";
import type { Logger } from "../../telemetry/log.ts";
import { Admission, type AdmissionOptions } from "./admission.ts";
import { CaBundle, type CaBundleOptions } from "./ca-bundle.ts";
import { CertificateFiles, type CertificatePaths } from "./certificate-files.ts";
import { ClusterApi } from "./cluster-api.ts";
import { WebhookMetrics } from "./metrics.ts";
import { createWebhookServer } from "./server.ts";

export interface WebhookOptions extends AdmissionOptions, CertificatePaths {
  /** "HOST:PORT"; ":PORT" for all addresses. */
  listen: string;
  /** Path; in a pod, the service account by default. */
  kubeconfig?: string | undefined;
  /** Keep a MutatingWebhookConfiguration in step with the CA. */
  caBundle?: CaBundleOptions | undefined;
}

export interface Webhook {
  port: number;
  /** Stops listening and lets requests under way finish. */
  close(): Promise<void>;
}

/** How often the files are looked at; the kubelet takes up to a minute to swap them. */
const POLL_MS = 5000;
/** Longer than any look-up. */
const CLOSE_GRACE_MS = 10_000;

/**
 * Starts the admission webhook.
 * @param pollMs for tests
 * @throws Error in words when a file cannot be used or the address is taken
 */
export async function openWebhook(
  options: WebhookOptions,
  log: Logger,
  pollMs: number = POLL_MS,
): Promise<Webhook> {
  const certificate = new CertificateFiles(options, log);
  const api = new ClusterApi(options.kubeconfig);
  const metrics = new WebhookMetrics(() => certificate.current.validTo);
  const admission = new Admission(options, log);
  const parts = { admission, api, certificate, metrics };
  const server = createWebhookServer(certificate.current, parts, log);
  await listenOn(server, options.listen);
  const bundle = options.caBundle && new CaBundle(options.caBundle, api, log);
  const look = () => {
    // The API must trust the new authority before it meets a certificate of it.
    bundle?.poll();
    const next = certificate.poll();
    if (next !== null) server.setSecureContext({ cert: next.cert, key: next.key });
  };
  look();
  const timer = setInterval(look, pollMs);
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      clearInterval(timer);
      await closeServer(server, CLOSE_GRACE_MS);
      await bundle?.close();
      await api.close();
    },
  };
}
