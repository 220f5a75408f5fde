import { setTimeout as delay } from "node:timers/promises";
import { ListWatch } from "@kubernetes/client-node";
import {
  type KubeClient,
  NODES_PATH,
  type NodeList,
  type NodeObject,
} from "./kubernetes-client.ts";
import { describeFailure } from "./kubernetes-error.ts";
import { InformerWatch } from "./kubernetes-informer-watch.ts";

export interface NodeWatchTiming {
  /**
   * After which the list is read anew, whatever the watch says; up to half of it later, so that the
   * nodes of a cluster do not all do so at the same moment.
   */
  relistMs: number;
  /** After which a watch without a word is taken for dead; bookmarks come each minute. */
  silenceMs: number;
  /** Between attempts while the API is away: from, and at most. */
  retryMs: number;
  maxRetryMs: number;
}

export interface NodeWatchListener {
  /** All Nodes that there are. */
  listed(nodes: readonly NodeObject[]): void;
  /** May tell what is known already. */
  changed(node: NodeObject): void;
  deleted(name: string): void;
  /** The API is away; it is tried again. */
  failed(reason: string): void;
}

/**
 * Follows the Nodes of a cluster by an informer. The library's informer ends at the first error
 * and lists only once, so this runs one after the other: each begins with a complete list and ends
 * with an error or when it is time for the next list.
 */
export class NodeWatch {
  readonly #connect: () => KubeClient;
  readonly #listener: NodeWatchListener;
  readonly #timing: NodeWatchTiming;
  readonly #closed = new AbortController();
  #relist = Promise.withResolvers<void>();
  #running: Promise<void> = Promise.resolve();

  constructor(connect: () => KubeClient, listener: NodeWatchListener, timing: NodeWatchTiming) {
    this.#connect = connect;
    this.#listener = listener;
    this.#timing = timing;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Reads the list now. */
  relist(): void {
    this.#relist.resolve();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#relist.resolve();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { retryMs, maxRetryMs } = this.#timing;
    let pause = retryMs;
    while (!this.#closed.signal.aborted) {
      const started = performance.now();
      const reason = await this.#oneInformer();
      if (reason === "" || this.#closed.signal.aborted) continue;
      this.#listener.failed(reason);
      // One that held for a while was no failed attempt.
      if (performance.now() - started > maxRetryMs) pause = retryMs;
      await this.#wait(pause);
      pause = Math.min(pause * 2, maxRetryMs);
    }
  }

  /** Spread, so that the nodes of a cluster do not all come back at the same moment. */
  async #wait(ms: number): Promise<void> {
    const spread = ms * (0.5 + Math.random());
    await delay(spread, undefined, { signal: this.#closed.signal }).catch(() => {});
  }

  /** Returns why it failed; "" when it ended to be followed by the next. */
  async #oneInformer(): Promise<string> {
    this.#relist = Promise.withResolvers();
    let client: KubeClient | undefined;
    try {
      client = this.#connect();
      await this.#follow(client);
      return "";
    } catch (error) {
      return describeFailure(error);
    } finally {
      await client?.close(this.#closed.signal.aborted);
    }
  }

  async #follow(client: KubeClient): Promise<void> {
    const failure = Promise.withResolvers<never>();
    const watch = new InformerWatch(client.config, this.#timing.silenceMs);
    const list = async (): Promise<NodeList> => {
      const nodes = await client.listNodes();
      if (!watch.closed) this.#listener.listed(nodes.items);
      return nodes;
    };
    const informer = new ListWatch<NodeObject>(NODES_PATH, watch, list, false);
    const live = (tell: () => void) => !watch.closed && tell();
    informer.on("add", (node) => live(() => this.#listener.changed(node)));
    informer.on("update", (node) => live(() => this.#listener.changed(node)));
    informer.on("delete", (node) => live(() => this.#listener.deleted(node.metadata.name)));
    informer.on("error", failure.reject);
    const relistMs = this.#timing.relistMs * (1 + Math.random() / 2);
    const timer = setTimeout(() => this.relist(), relistMs);
    try {
      informer.start().catch(failure.reject);
      await Promise.race([failure.promise, this.#relist.promise]);
    } finally {
      clearTimeout(timer);
      watch.close();
      await informer.stop();
    }
  }
}
