import { CoreV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { PodIdentity } from "../../../cni/attacher.ts";
import { bounded, PooledConfig } from "../../fabric/kubernetes-config.ts";

const REQUEST_TIMEOUT_MS = 10_000;

/** Writes annotations of pods. Needs patch of pods/status. */
export class PodClient {
  readonly #config = new PooledConfig();
  readonly #api: CoreV1Api;

  /**
   * @param kubeconfig path; undefined in a pod, for its service account
   * @throws Error when it cannot be read or names no cluster
   */
  constructor(kubeconfig: string | undefined) {
    this.#config.load(kubeconfig);
    this.#api = this.#config.makeApiClient(CoreV1Api);
  }

  /**
   * Sets annotations and leaves all others alone (RFC 7386), by way of the status, as Multus does
   * it. Never those of a later pod of the same name.
   * @throws ApiException
   */
  async annotate(
    { namespace, name, uid }: PodIdentity,
    annotations: Record<string, string>,
  ): Promise<void> {
    const metadata = { ...(uid === "" ? {} : { uid }), annotations };
    const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
    const options = bounded(merge, AbortSignal.timeout(REQUEST_TIMEOUT_MS));
    await this.#api.patchNamespacedPodStatus({ namespace, name, body: { metadata } }, options);
  }

  close(): Promise<void> {
    return this.#config.closePool(true);
  }
}
