import { setTimeout as delay } from "node:timers/promises";
import type { AgentProcess } from "../../test/harness/agent-process.ts";
import type { Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { untilFollowed } from "../routes/node.ts";
import { kernelRoutes } from "./kernel-routing.ts";
import type { RoutedDut } from "./routed.ts";
import { addAddress } from "./topology.ts";

const table = 1000;
const uplink = { ifname: "up0", address: "10.99.0.1/24" };
const far = { ifname: "far0", mac: "02:99:00:00:00:02", address: "10.99.0.2" };
/** Seconds between reconciliations, at which the agent looks for uplinks that have come. */
export const reconcileInterval = 5;
const attachMs = 60_000;
const followMs = 120_000;
const pollMs = 20;

/** Keys of a network that follows a table of the kernel; its uplink comes with the first routes. */
export const followedTable = {
  uplinks: [{ interface: uplink.ifname, use: "dedicated" }],
  mirror: { table },
};

/**
 * The routing table of the network as one that can be filled: the kernel gets the routes, and the
 * agent follows it. They lead out by an uplink, which is not there before: until somebody wants
 * routes, the worker has the ports of both pods and no other.
 */
export function followedRoutes(scope: Scope, agent: AgentProcess, node: Namespace): RoutedDut {
  const way = ["via", far.address, "dev", uplink.ifname, "table", `${table}`];
  const kernel = kernelRoutes(node, way);
  let before: number | undefined;
  return {
    async routes(count) {
      before ??= await addUplink(scope, agent, node);
      await kernel.routes(count);
      await untilFollowed(agent, before + count, count, followMs, scope.signal);
    },
  };
}

/** @returns how many routes the agent's mirror knows without those to come */
async function addUplink(scope: Scope, { client }: AgentProcess, node: Namespace): Promise<number> {
  const ends = ["name", uplink.ifname, "type", "veth", "peer", "name", far.ifname];
  await node.must("ip", ["link", "add", ...ends, "address", far.mac]);
  for (const { ifname } of [uplink, far]) await node.must("ip", ["link", "set", ifname, "up"]);
  await addAddress(node, uplink);
  const neighbour = [far.address, "lladdr", far.mac, "dev", uplink.ifname, "nud", "permanent"];
  await node.must("ip", ["neighbour", "replace", ...neighbour]);
  const deadline = performance.now() + attachMs;
  while (!(await client.ports()).some(({ ifname }) => ifname === uplink.ifname)) {
    if (performance.now() > deadline) {
      throw new Error(`the agent has not attached ${uplink.ifname} after ${attachMs} ms`);
    }
    await delay(pollMs, undefined, { signal: scope.signal });
  }
  return (await client.mirror()).routes;
}
