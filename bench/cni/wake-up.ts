import { startAgent } from "../../test/harness/agent-process.ts";
import { mustCni } from "../../test/harness/cni-call.ts";
import { createNamespace, type Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { raiseSessionOf } from "../lib/priority.ts";
import { median } from "../lib/stats.ts";
import { dutCpu, generatorCpu } from "../traffic/load.ts";

const pings = 100;
/** Far longer than a worker polls by default, far shorter than `pollingRounds` last. */
const intervalSeconds = 0.02;
const pollingRounds = 1_000_000;

/** An agent whose worker sleeps when there is nothing to do, which is the default. */
export const sleepingAgent = { log: { level: "warn" }, dataplane: { cpus: [dutCpu] } };
const pollingAgent = {
  log: { level: "warn" },
  dataplane: { cpus: [dutCpu], idleRounds: pollingRounds },
};

/** Median round trips of ping between two pods, in microseconds. */
export interface RoundTrips {
  /** The request finds the worker asleep; the answer finds it awake. */
  asleep: number;
  polling: number;
}

/**
 * Sets up two nodes that differ only in how long their worker polls before it sleeps; the
 * function returned pings through both.
 */
export async function startWakeUp(scope: Scope): Promise<() => Promise<RoundTrips>> {
  const asleep = await startPair(scope, "asleep", sleepingAgent);
  const polling = await startPair(scope, "polling", pollingAgent);
  return async () => ({ asleep: await asleep(), polling: await polling() });
}

async function startPair(
  scope: Scope,
  name: string,
  config: Record<string, unknown>,
): Promise<() => Promise<number>> {
  const node = await createNamespace(scope, `${name}-node`);
  const networks = [{ name: "bench", nodePrefixes: ["10.64.0.0/24"] }];
  const { pid, socket } = await startAgent(scope, {
    namespace: node,
    name,
    config: { ...config, networks },
  });
  raiseSessionOf(pid);
  const attach = async (part: string): Promise<[Namespace, string]> => {
    const pod = await createNamespace(scope, `${name}-${part}`);
    const call = { socket, network: "bench", containerId: pod.name, netns: pod.path };
    const { json } = await mustCni("ADD", { ...call, signal: scope.signal });
    return [pod, String(json.ips[0].address).split("/")[0] as string];
  };
  const [client] = await attach("client");
  const [, target] = await attach("server");
  return () => ping(client, target);
}

async function ping(from: Namespace, to: string): Promise<number> {
  const args = ["-c", `${pings}`, "-i", `${intervalSeconds}`, "-W", "1", to];
  // Not on the worker's core, where it would wait for a worker that polls.
  const output = await from.must("taskset", ["-c", `${generatorCpu}`, "ping", ...args]);
  const milliseconds = [...output.matchAll(/time=([\d.]+) ms/g)].map(([, time]) => Number(time));
  return median(milliseconds) * 1000;
}
