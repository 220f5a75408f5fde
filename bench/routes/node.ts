import { setTimeout as delay } from "node:timers/promises";
import type { MirrorView } from "../../src/agent/forwarding-view.ts";
import { type AgentProcess, startAgent } from "../../test/harness/agent-process.ts";
import { createNamespace, type Namespace } from "../../test/harness/namespace.ts";
import { must } from "../../test/harness/run.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { raiseSessionOf } from "../lib/priority.ts";
import { type Node, network, pairNetwork } from "../scale/node.ts";
import { dutCpu } from "../traffic/load.ts";

/** Of the node's kernel; the network follows it. */
export const kernelTable = 1000;
export const uplink = "up0";
const farMac = "02:00:00:00:09:00";
const nodeAddresses = { 4: "10.99.0.1/24", 6: "fd99::1/64" } as const;
const pollMs = 5;

/** Hosts behind the uplink; their neighbour entries are permanent, so that nobody is asked. */
export function farHosts(family: 4 | 6): string[] {
  const last = Array.from({ length: 16 }, (_, at) => 2 + at);
  return last.map((host) => (family === 4 ? `10.99.0.${host}` : `fd99::${host.toString(16)}`));
}

/** One network, which has an uplink and follows a table of the kernel. */
export const routedConfig = {
  log: { level: "warn" },
  dataplane: { cpus: [dutCpu] },
  networks: [
    {
      ...pairNetwork,
      uplinks: [{ interface: uplink, use: "dedicated" }],
      mirror: { table: kernelTable },
    },
  ],
};

/** A node with its agent and the hosts behind the uplink. @throws Error without the uplink */
export async function startRoutedNode(scope: Scope, name: string): Promise<Node> {
  const namespace = await prepareRoutedNode(scope, name);
  const agent = await startAgent(scope, { namespace, name, config: routedConfig });
  raiseSessionOf(agent.pid);
  const ports = await agent.client.ports();
  if (!ports.some(({ ifname }) => ifname === uplink)) throw new Error(`${uplink} is not attached`);
  return { agent, namespace };
}

/** The same without the agent. */
export async function prepareRoutedNode(scope: Scope, name: string): Promise<Namespace> {
  const namespace = await createNamespace(scope, `${name}-node`);
  await connectUplink(namespace, await createNamespace(scope, `${name}-far`));
  return namespace;
}

async function connectUplink(node: Namespace, far: Namespace): Promise<void> {
  const farEnd = ["peer", "name", uplink, "netns", far.name, "address", farMac];
  const nodeEnd = ["name", uplink, "netns", node.name];
  await must("ip", ["link", "add", ...nodeEnd, "type", "veth", ...farEnd]);
  await must("ip", ["-n", far.name, "link", "set", uplink, "up"]);
  await must("ip", ["-n", node.name, "link", "set", uplink, "up"]);
  for (const family of [4, 6] as const) {
    const address = ["address", "add", nodeAddresses[family], "dev", uplink];
    await must("ip", ["-n", node.name, ...address, ...(family === 6 ? ["nodad"] : [])]);
    for (const host of farHosts(family)) {
      const neighbour = ["neighbour", "replace", host, "lladdr", farMac, "dev", uplink];
      await must("ip", ["-n", node.name, ...neighbour, "nud", "permanent"]);
    }
  }
}

/** Kernel routes in the network's table, which is where packets are looked up. */
export async function countKernelRoutes({ client }: AgentProcess): Promise<number> {
  const { total } = await client.routes({ network, source: "kernel", limit: 1 });
  return total;
}

/**
 * Waits until the mirror knows `routes` routes and the table of the network has `taken` of the
 * kernel's. Asks the mirror first: counting a large table takes a while.
 * @throws Error with what there is instead after `limitMs`
 */
export async function untilFollowed(
  agent: AgentProcess,
  routes: number,
  taken: number,
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  let mirror: MirrorView | null = null;
  let found = -1;
  while (performance.now() < deadline) {
    signal.throwIfAborted();
    mirror = await agent.client.mirror();
    if (mirror.routes === routes) {
      found = await countKernelRoutes(agent);
      if (found === taken) return;
    }
    await delay(pollMs, undefined, { signal });
  }
  const skipped = JSON.stringify(mirror?.skipped ?? {});
  throw new Error(
    `the mirror has ${mirror?.routes} of ${routes} routes, the table ${found} of ${taken} after ${limitMs} ms; skipped ${skipped}`,
  );
}
