import type { Logger } from "../telemetry/log.ts";
import type { FabricDriver, FabricListener, FabricNode, FabricStatus } from "./fabric.ts";
import { KubeClient, type NodeObject } from "./kubernetes-client.ts";
import { isUnauthorized } from "./kubernetes-error.ts";
import { FabricLog, NOT_YET } from "./kubernetes-log.ts";
import { KnownNodes, MISSING_MS } from "./kubernetes-nodes.ts";
import type { Annotating, AnnotationPatch } from "./kubernetes-patch.ts";
import { NodePublisher, type PublisherTiming } from "./kubernetes-publisher.ts";
import { readNode } from "./kubernetes-read.ts";
import { NodeWatch, type NodeWatchTiming } from "./kubernetes-watch.ts";

export interface KubernetesFabricOptions extends Annotating {
  /** Name of the Node that we run on. */
  nodeName: string;
  /** Path; in a pod, the service account by default. */
  kubeconfig?: string;
}

export interface KubernetesTiming extends NodeWatchTiming, PublisherTiming {
  /** How long a Node may be without annotations before it counts as gone. */
  missingMs: number;
}

const TIMING: KubernetesTiming = {
  relistMs: 1_800_000,
  silenceMs: 90_000,
  retryMs: 500,
  maxRetryMs: 15_000,
  intervalMs: 200,
  missingMs: MISSING_MS,
};

/**
 * The fabric as annotations of Kubernetes' Nodes. Needs get, list and watch of nodes and patch of
 * nodes/status. Whoever uses this imports it dynamically: its library takes half a second to load.
 * @param timing for tests
 */
export function kubernetesDriver(
  options: KubernetesFabricOptions,
  log: Logger,
  timing: Partial<KubernetesTiming> = {},
): FabricDriver {
  return new KubernetesDriver(options, log, { ...TIMING, ...timing });
}

class KubernetesDriver implements FabricDriver {
  readonly #options: KubernetesFabricOptions;
  readonly #log: FabricLog;
  readonly #timing: KubernetesTiming;
  readonly #watch: NodeWatch;
  readonly #publisher: NodePublisher;
  #nodes: KnownNodes | null = null;
  #listener: FabricListener | null = null;
  #own: FabricNode | null = null;
  #client: KubeClient | null = null;
  #expiry: NodeJS.Timeout | undefined;
  #connected = false;
  #synchronisedAt = 0;
  #lastError = NOT_YET;

  constructor(options: KubernetesFabricOptions, log: Logger, timing: KubernetesTiming) {
    this.#options = options;
    this.#log = new FabricLog(log);
    this.#timing = timing;
    this.#publisher = new NodePublisher(
      options.nodeName,
      options,
      (annotations) => this.#annotate(annotations),
      () => this.#log.tell(this.status()),
      timing,
    );
    this.#watch = new NodeWatch(() => this.#connect(), this.#guarded(), timing);
  }

  async start(own: FabricNode, listener: FabricListener): Promise<void> {
    this.#own = own;
    this.#listener = listener;
    this.#nodes = new KnownNodes(
      (node) => readNode(node, this.#options, this.#own),
      listener,
      this.#timing.missingMs,
    );
    this.#publisher.publish(own);
    this.#watch.start();
  }

  publish(own: FabricNode): void {
    this.#own = own;
    this.#publisher.publish(own);
    this.#nodes?.rejudge();
  }

  status(): FabricStatus {
    return {
      driver: "kubernetes",
      connected: this.#connected,
      nodes: this.#nodes?.count ?? 0,
      synchronisedAt: this.#synchronisedAt,
      rejected: [...this.#publisher.rejected(), ...(this.#nodes?.rejected() ?? [])],
      lastError: this.#lastError,
    };
  }

  async close(): Promise<void> {
    clearTimeout(this.#expiry);
    this.#publisher.close();
    await this.#watch.close();
    this.#connected = false;
    this.#lastError = "closed";
  }

  #connect(): KubeClient {
    this.#client = new KubeClient(this.#options.kubeconfig);
    return this.#client;
  }

  async #annotate(annotations: AnnotationPatch): Promise<NodeObject> {
    if (this.#client === null) throw new Error(NOT_YET);
    try {
      return await this.#client.annotate(this.#options.nodeName, annotations);
    } catch (error) {
      // A watch outlives the certificate that it was begun with. The next one takes what is renewed.
      if (isUnauthorized(error)) this.#watch.relist();
      throw error;
    }
  }

  /** The library swallows what is thrown at it, so nothing may leave these. */
  #guarded() {
    const guard =
      <T>(act: (what: T) => void) =>
      (what: T) => {
        try {
          act(what);
        } catch (error) {
          this.#log.failed(error);
        }
      };
    return {
      listed: guard((nodes: readonly NodeObject[]) => this.#listed(nodes)),
      changed: guard((node: NodeObject) => this.#changed(node)),
      deleted: guard((name: string) => this.#deleted(name)),
      failed: guard((reason: string) => this.#failed(reason)),
    };
  }

  #listed(nodes: readonly NodeObject[]): void {
    const isOwn = (node: NodeObject) => node.metadata.name === this.#options.nodeName;
    this.#connected = true;
    this.#lastError = "";
    this.#publisher.observed(nodes.find(isOwn) ?? null);
    this.#nodes?.listed(nodes.filter((node) => !isOwn(node)));
    this.#synchronisedAt = Date.now();
    this.#listener?.synchronised(this.#nodes?.unreadable() ?? new Set());
    this.#afterChange();
  }

  #changed(node: NodeObject): void {
    if (node.metadata.name === this.#options.nodeName) this.#publisher.observed(node);
    else if (this.#nodes?.changed(node)) this.#afterChange();
  }

  #deleted(name: string): void {
    if (name === this.#options.nodeName) this.#publisher.observed(null);
    else this.#nodes?.deleted(name);
    this.#afterChange();
  }

  #failed(reason: string): void {
    this.#connected = false;
    this.#lastError = reason;
    this.#afterChange();
  }

  /** A node is only gone when a list says so: one is read when the time of the next is up. */
  #afterChange(): void {
    clearTimeout(this.#expiry);
    const left = this.#nodes?.untilExpiry() ?? null;
    if (left !== null) this.#expiry = setTimeout(() => this.#watch.relist(), left);
    this.#log.tell(this.status());
  }
}
