import { CoreV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { PodIdentity } from "../../../cni/attacher.ts";
import { bounded, PooledConfig } from "../../fabric/kubernetes-config.ts";
import { RenewedConnection } from "../renewed-connection.ts";

const REQUEST_TIMEOUT_MS = 10_000;

/** Writes annotations of pods. Needs patch of pods/status. */
export class PodClient {
  readonly #connection: RenewedConnection<ReturnType<typeof connect>>;

  /**
   * @param kubeconfig path; undefined in a pod, for its service account
   * @throws Error when it cannot be read or names no cluster
   */
  constructor(kubeconfig: string | undefined) {
    this.#connection = new RenewedConnection(() => connect(kubeconfig));
  }

  /**
   * Sets annotations and leaves all others alone (RFC 7386), by way of the status, as Multus does
   * it. Never those of a later pod of the same name.
   * @throws ApiException, and Error when the API does not answer
   */
  async annotate(
    { namespace, name, uid }: PodIdentity,
    annotations: Record<string, string>,
  ): Promise<void> {
    const metadata = { ...(uid === "" ? {} : { uid }), annotations };
    const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    await this.#connection.ask(signal, ({ api }) =>
      api.patchNamespacedPodStatus({ namespace, name, body: { metadata } }, bounded(merge, signal)),
    );
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

function connect(kubeconfig: string | undefined) {
  const config = new PooledConfig();
  config.load(kubeconfig);
  return { config, api: config.makeApiClient(CoreV1Api) };
}
