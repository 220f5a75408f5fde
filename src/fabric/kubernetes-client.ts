import {
  CoreV1Api,
  type KubernetesObject,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";
import type { NodeFacts } from "./flannel-annotations.ts";
import { bounded, PooledConfig } from "./kubernetes-config.ts";

export const NODES_PATH = "/api/v1/nodes";
/** A page of a list: thousands of Nodes at once would take tens of megabytes, twice. */
const PAGE = 500;
const REQUEST_TIMEOUT_MS = 30_000;

/** What is kept of a Node; the rest of it is many times as large. */
export interface NodeObject extends KubernetesObject {
  metadata: {
    name: string;
    resourceVersion: string;
    annotations: Record<string, string>;
  };
  spec: { podCIDRs: string[] };
}

/** A Node as the API or the library returns it. */
export interface AnyNode {
  metadata?: { name?: string; resourceVersion?: string; annotations?: Record<string, string> };
  spec?: { podCIDR?: string; podCIDRs?: string[] };
}

export interface NodeList {
  metadata: { resourceVersion: string };
  items: NodeObject[];
}

export const factsOf = ({ metadata, spec }: NodeObject): NodeFacts => ({
  annotations: metadata.annotations,
  podCidrs: spec.podCIDRs,
});

export function slimNode({ metadata, spec }: AnyNode): NodeObject {
  const { name = "", resourceVersion = "", annotations = {} } = metadata ?? {};
  const podCIDRs = spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []);
  return { metadata: { name, resourceVersion, annotations }, spec: { podCIDRs } };
}

/** One connection to the API, made from the files as they are now: certificates are renewed. */
export class KubeClient {
  readonly config = new PooledConfig();
  readonly #api: CoreV1Api;
  readonly #closed = new AbortController();

  /**
   * @param kubeconfig path; undefined in a pod, for its service account
   * @throws Error when it cannot be read or names no cluster
   */
  constructor(kubeconfig: string | undefined) {
    this.config.load(kubeconfig);
    this.#api = this.config.makeApiClient(CoreV1Api);
  }

  /** @throws ApiException, and Error when the API does not answer in time */
  async node(name: string): Promise<NodeObject> {
    const options = this.#options("Accept", "application/json", this.#closed.signal);
    return slimNode(await this.#api.readNode({ name }, options));
  }

  /** All Nodes as of one moment. @throws Error when the list is not complete */
  async listNodes(): Promise<NodeList> {
    const items: NodeObject[] = [];
    let resourceVersion = "";
    let page: string | undefined = "";
    while (page !== undefined) {
      const options = this.#options("Accept", "application/json", this.#closed.signal);
      const list = await this.#api.listNode({ limit: PAGE, _continue: page }, options);
      items.push(...list.items.map(slimNode));
      resourceVersion = list.metadata?.resourceVersion ?? "";
      page = list.metadata?._continue || undefined;
    }
    return { metadata: { resourceVersion }, items };
  }

  /**
   * Sets the annotations named and removes those that are null; RFC 7386 leaves all others alone.
   * By way of the status, as flannel does it: the right to change the Node's spec is not needed.
   */
  async annotate(name: string, annotations: Record<string, string | null>): Promise<NodeObject> {
    const options = this.#options("Content-Type", PatchStrategy.MergePatch);
    const body = { metadata: { annotations } };
    return slimNode(await this.#api.patchNodeStatus({ name, body }, options));
  }

  /** Ends the watch and lists; with `now`, annotate() too, which may finish otherwise. */
  async close(now: boolean): Promise<void> {
    this.#closed.abort(new Error("closed"));
    await this.config.closePool(now);
  }

  #options(header: string, value: string, ...ends: AbortSignal[]) {
    const signal = AbortSignal.any([AbortSignal.timeout(REQUEST_TIMEOUT_MS), ...ends]);
    return bounded(setHeaderOptions(header, value), signal);
  }
}
