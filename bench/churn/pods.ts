import { setTimeout as delay } from "node:timers/promises";
import type { Namespace } from "../../test/harness/namespace.ts";
import { openPart, type Scope } from "../../test/harness/scope.ts";
import {
  type ConnectionLoad,
  readConnections,
  startConnectionServer,
  startConnections,
} from "../connections/load.ts";
import type { Host } from "../duts/hosting.ts";
import { attach, type BenchPod, detach } from "../duts/millrace-agent.ts";
import { createQuietNamespace } from "../duts/topology.ts";

/** Connections of a pair: requests and answers from the first packet until the pods are gone. */
const traffic: ConnectionLoad = {
  ...{ transaction: "crr", concurrency: 8, rate: 500, warmUpSeconds: 0, seconds: 3600 },
};
/** The scheduler decides: pods of a node are pinned to nothing. */
const anywhere = { client: null, server: null };
/** Long enough for flows to be recorded and used. */
const lifeMs = 300;
/** Of pairs at a time; when they take longer than that, fewer come. */
const mostPairs = 8;

/** What came of it so far. */
export interface ChurnCount {
  /** Pods that were attached and detached again. */
  gone: number;
  /** Of those, with a flow in the lane before they went. */
  inLane: number;
  /** Connections that they completed. */
  connections: number;
  /** Why pods did not come or go, in words. */
  failures: string[];
}

/** Pairs of pods that come, talk to each other, and go in the middle of it. */
export class Churn {
  readonly count: ChurnCount = { gone: 0, inLane: 0, connections: 0, failures: [] };
  readonly #scope: Scope;
  readonly #host: Host;
  readonly #alive = new Set<Promise<void>>();
  readonly #pairMs: number;
  #born = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param perSecond pods */
  constructor(scope: Scope, host: Host, perSecond: number) {
    this.#scope = scope;
    this.#host = host;
    this.#pairMs = 2000 / perSecond;
    scope.cleanup.defer(() => this.pause());
  }

  resume(): void {
    this.#timer ??= setInterval(() => this.#begin(), this.#pairMs);
  }

  /** Returns when the last pod has gone. */
  async pause(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await Promise.all(this.#alive);
  }

  #begin(): void {
    if (this.#alive.size >= mostPairs || this.#scope.signal.aborted) return;
    const pair = this.#comeAndGo(this.#born++)
      .catch((error: Error) => void this.count.failures.push(error.message))
      .finally(() => this.#alive.delete(pair));
    this.#alive.add(pair);
  }

  async #comeAndGo(number: number): Promise<void> {
    const { agent } = this.#host;
    await using part = openPart(this.#scope);
    const name = `churn${number}`;
    const client = await createQuietNamespace(part, `${name}-client`);
    const server = await createQuietNamespace(part, `${name}-server`);
    try {
      const one = await attach(part, agent, client);
      const other = await attach(part, agent, server);
      await this.#talk(part, { client, server, address: other.address }, [one, other]);
    } finally {
      // Their connections go on until the namespaces are removed.
      await detach(part, agent, client);
      await detach(part, agent, server);
    }
    this.count.gone += 2;
  }

  async #talk(
    part: Scope,
    pods: { client: Namespace; server: Namespace; address: string },
    ports: readonly BenchPod[],
  ): Promise<void> {
    part.cleanup.use(await startConnectionServer(pods, traffic.transaction, anywhere));
    const client = await startConnections(pods, traffic, anywhere);
    part.cleanup.use(client);
    await delay(lifeMs);
    this.count.connections += (await readConnections(client)).completed;
    this.count.inLane += await this.#portsInLane(ports);
  }

  async #portsInLane(pods: readonly BenchPod[]): Promise<number> {
    const { ports } = await this.#host.agent.client.counters();
    const ours = new Set(pods.map(({ port }) => port));
    const took = ports.filter(
      ({ attachment, counters }) => ours.has(attachment) && (counters["lane_packets"] ?? 0) > 0,
    );
    return took.length;
  }
}
