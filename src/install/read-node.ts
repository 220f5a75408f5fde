import { ApiException, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import type { NodeObject } from "./node-config.ts";

/**
 * Asks the Kubernetes API for a Node; needs the right to get nodes.
 * @param kubeconfig path; undefined in a pod, for its service account
 * @throws Error in words when the API does not answer, refuses or knows no such Node
 */
export async function readNode(name: string, kubeconfig: string | undefined): Promise<NodeObject> {
  const config = new KubeConfig();
  if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
  else if (process.env["KUBERNETES_SERVICE_HOST"]) config.loadFromCluster();
  else throw new Error("this is no pod of a cluster; name a configuration with --kubeconfig");
  const api = config.makeApiClient(CoreV1Api);
  try {
    const { spec, metadata } = await api.readNode({ name });
    const podCidrs = spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []);
    return { podCidrs, annotations: metadata?.annotations ?? {} };
  } catch (cause) {
    const said = cause instanceof ApiException ? `HTTP ${cause.code}` : (cause as Error).message;
    throw new Error(`the Kubernetes API does not show the Node ${name}: ${said}`, { cause });
  }
}
