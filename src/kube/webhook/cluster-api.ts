import { ApiException, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { bounded } from "../../fabric/kubernetes-config.ts";
import { RenewedConnection } from "../renewed-connection.ts";
import { Connection } from "./connection.ts";
import type { Definition } from "./demand.ts";
import type { NetworkReference } from "./networks-annotation.ts";

const DEFINITIONS = {
  group: "k8s.cni.cncf.io",
  version: "v1",
  plural: "network-attachment-definitions",
};

/** A webhook of a MutatingWebhookConfiguration. */
export interface ConfiguredWebhook {
  name: string;
  caBundle: string;
}

/** What the webhook asks of the Kubernetes API. */
export class ClusterApi {
  readonly #connection: RenewedConnection<Connection>;

  /**
   * @param kubeconfig path; undefined in a pod, for its service account
   * @throws Error when it cannot be read, or this is no pod
   */
  constructor(kubeconfig: string | undefined) {
    if (kubeconfig === undefined && !process.env["KUBERNETES_SERVICE_HOST"]) {
      throw new Error("this is no pod of a cluster; name a configuration with --kubeconfig");
    }
    this.#connection = new RenewedConnection(() => new Connection(kubeconfig));
  }

  /**
   * Reads a NetworkAttachmentDefinition as it is now, so one that was made just before the pod is found.
   * @returns null when there is none
   * @throws Error when the API does not answer, does not let us, or knows no such definitions
   */
  async definition(
    { namespace, name }: NetworkReference,
    signal: AbortSignal,
  ): Promise<Definition | null> {
    try {
      const object = await this.#connection.ask(signal, ({ objects }) =>
        objects.getNamespacedCustomObject(
          { ...DEFINITIONS, namespace, name },
          bounded(setHeaderOptions("Accept", "application/json"), signal),
        ),
      );
      return { annotations: object?.metadata?.annotations ?? {} };
    } catch (error) {
      if (!(error instanceof ApiException) || error.code !== 404) throw error;
      if (namesObject(error.body)) return null;
      throw new Error(`the cluster knows no ${DEFINITIONS.plural}: is Multus installed?`, {
        cause: error,
      });
    }
  }

  /** The webhooks of a MutatingWebhookConfiguration. @throws Error as of `definition` */
  async webhooks(name: string, signal: AbortSignal): Promise<ConfiguredWebhook[]> {
    const { webhooks = [] } = await this.#connection.ask(signal, ({ configurations }) =>
      configurations.readMutatingWebhookConfiguration(
        { name },
        bounded(setHeaderOptions("Accept", "application/json"), signal),
      ),
    );
    return webhooks.map((one) => ({ name: one.name, caBundle: one.clientConfig.caBundle ?? "" }));
  }

  /**
   * Gives webhooks of a MutatingWebhookConfiguration another CA bundle. They are merged by name,
   * so it does not matter what others insert meanwhile.
   * @param caBundle PEM in base64
   */
  async setCaBundle(
    name: string,
    webhooks: readonly string[],
    caBundle: string,
    signal: AbortSignal,
  ): Promise<void> {
    const merged = webhooks.map((webhook) => ({ name: webhook, clientConfig: { caBundle } }));
    await this.#connection.ask(signal, ({ configurations }) =>
      configurations.patchMutatingWebhookConfiguration(
        { name, body: { webhooks: merged } },
        bounded(setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch), signal),
      ),
    );
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}

/** Where there are no such definitions at all, the API answers 404 without naming an object. */
function namesObject(answer: unknown): boolean {
  const body: unknown = typeof answer === "string" ? parseOrNull(answer) : answer;
  return Boolean((body as { details?: { name?: string } } | null)?.details?.name);
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
