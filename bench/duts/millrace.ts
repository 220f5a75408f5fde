import { whatIsMissing } from "../../test/fixtures/needs.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { testPrefix } from "../traffic/load.ts";
import type { Dut, Task } from "./dut.ts";
import type { HostingDut } from "./hosting.ts";
import { bothSources, type DutKind } from "./kind.ts";
import { layLane, routedTtl, sentTtl } from "./lane.ts";
import { attach, describe, gatewayMac, network, startOn, type Variant } from "./millrace-agent.ts";
import { workerPlacement } from "./millrace-placements.ts";
import { followedRoutes, followedTable, reconcileInterval } from "./millrace-routes.ts";
import { startTunnelled } from "./millrace-uplink.ts";
import type { RoutedDut } from "./routed.ts";
import { createTopology } from "./topology.ts";

const nodePrefixes = ["10.1.0.0/24"];
/** Of the receiving pod, so that the static route can name it before the pod is there. */
const receiverAddress = "10.1.0.200";

/** The real agent, with pods attached by the CNI executable. */
export const millrace = {
  ...kindOf({ name: "millrace", keys: { transmit: "af-xdp" } }),
  name: "millrace",
  summary: "the agent with its ring loop on a core of its own, AF_XDP ports",
} as const satisfies DutKind;

/** The same with the shortcut for known flows. */
export const millraceLane = {
  ...kindOf({ name: "millrace-lane", keys: { flowLane: true } }),
  name: "millrace-lane",
  summary: "the agent with its flow lane: known flows are forwarded by the XDP program",
} as const satisfies DutKind;

/** The same with frames for pods that have an XDP program leaving as live frames. */
export const millraceLive = {
  ...kindOf({ name: "millrace-live", keys: { transmit: "auto" } }),
  name: "millrace-live",
  summary: "the agent as by default: live frames toward pods with an XDP program",
} as const satisfies DutKind;

/** The same with ports at tcx, which forward known flows as they are, super-frames too. */
export const millraceTc = {
  ...kindOf({ name: "millrace-tc", keys: { flowLane: true, portBackend: "tc" } }),
  name: "millrace-tc",
  // Its host ends take no XDP frames.
  sources: ["skb"],
  summary: "the agent with ports of backend tc and their flow lane",
} as const satisfies DutKind;

function kindOf(variant: Variant) {
  return {
    tasks: ["route", "bridge", "vxlan-encap", "vxlan-decap"],
    sources: bothSources,
    missing: async () => whatIsMissing(["root", "afXdp"]) || null,
    start(scope: Scope, task: Task): Promise<Dut> {
      if (task === "route") return startRouting(scope, variant);
      if (task === "bridge") return startBridging(scope, variant);
      return startTunnelled(scope, task, variant);
    },
  } as const satisfies Omit<DutKind, "name" | "summary">;
}

async function startRouting(scope: Scope, variant: Variant): Promise<Dut & RoutedDut & HostingDut> {
  const { name } = variant;
  const topology = await createTopology(scope, name);
  const staticRoutes = [{ prefix: testPrefix, via: receiverAddress }];
  const networks = [{ name: network, nodePrefixes, staticRoutes, ...followedTable }];
  const config = { networks, reconcileInterval };
  const agent = await startOn(scope, topology.dut, "route", config, variant);
  const { mac: from, address: source } = await attach(scope, agent, topology.sender);
  await attach(scope, agent, topology.receiver, [receiverAddress]);
  const to = await gatewayMac(agent);
  return {
    name,
    description: await describe(agent),
    lane: layLane(topology, "route", routedTtl, { to, from, source }),
    ...workerPlacement(agent, topology.dut),
    ...followedRoutes(scope, agent, topology.dut),
    host: { agent, namespace: topology.dut },
  };
}

async function startBridging(scope: Scope, variant: Variant): Promise<Dut & HostingDut> {
  const { name } = variant;
  const topology = await createTopology(scope, `${name}-bridge`);
  const networks = [{ name: network, kind: "bridged", nodePrefixes }];
  const agent = await startOn(scope, topology.dut, "bridge", { networks }, variant);
  const { mac: from, address: source } = await attach(scope, agent, topology.sender);
  const { mac: to } = await attach(scope, agent, topology.receiver);
  return {
    name,
    description: await describe(agent, "bridged network"),
    lane: layLane(topology, "bridge", sentTtl, { to, from, source }),
    ...workerPlacement(agent, topology.dut),
    host: { agent, namespace: topology.dut },
  };
}
