import type { NodeFacts } from "../fabric/flannel-annotations.ts";
import { factsOf, KubeClient } from "../fabric/kubernetes-client.ts";
import { describeFailure } from "../fabric/kubernetes-error.ts";

/**
 * Asks the Kubernetes API for a Node; needs the right to get nodes.
 * @param kubeconfig path; undefined in a pod, for its service account
 * @throws Error in words when the API does not answer, refuses or knows no such Node
 */
export async function readNode(name: string, kubeconfig: string | undefined): Promise<NodeFacts> {
  if (kubeconfig === undefined && !process.env["KUBERNETES_SERVICE_HOST"]) {
    throw new Error("this is no pod of a cluster; name a configuration with --kubeconfig");
  }
  const client = new KubeClient(kubeconfig);
  try {
    return factsOf(await client.node(name));
  } catch (cause) {
    const failure = describeFailure(cause);
    throw new Error(`the Kubernetes API does not show the Node ${name}: ${failure}`, { cause });
  } finally {
    await client.close(true);
  }
}
