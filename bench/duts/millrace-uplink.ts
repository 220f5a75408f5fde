import type { AgentProcess } from "../../test/harness/agent-process.ts";
import type { Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { testPrefix } from "../traffic/load.ts";
import type { Dut, Task } from "./dut.ts";
import { layLane, routedTtl } from "./lane.ts";
import { attach, describe, gatewayMac, network, startOn, type Variant } from "./millrace-agent.ts";
import { workerPlacement } from "./millrace-placements.ts";
import {
  acceptRedirected,
  addAddress,
  bare,
  createTopology,
  inside,
  joinReceiver,
  joinSender,
  outside,
  receiver,
  sender,
  type Topology,
} from "./topology.ts";
import { farPrefix, farRouter, vni } from "./tunnel.ts";

/** Into a tunnel, which begins at the uplink, or out of one, which ends there. */
export type TunnelTask = Extract<Task, `vxlan-${string}`>;

const byDefault: Variant = { name: "millrace", keys: {} };
const nodePrefixes = ["10.81.1.0/24"];
/** Of the pod behind which the test prefix is, when frames come by the uplink. */
const podAddress = "10.81.1.200";
const behindPod = { staticRoutes: [{ prefix: testPrefix, via: podAddress }] };

/** Between a pod and a VXLAN tunnel over IPv4, whose far end a static fabric names. */
export async function startTunnelled(
  scope: Scope,
  task: TunnelTask,
  variant: Variant = byDefault,
): Promise<Dut> {
  const { own, far } = endsOf(task);
  const topology = await layUplink(scope, `${variant.name}-${task}`, task);
  const mtus = { mtu: 1500, clusterPrefixes: ["10.81.0.0/16"] };
  const tenant = { name: network, vni, nodePrefixes, ...mtus };
  const underlay = {
    ...{ name: "underlay", uplinks: [{ interface: own.ifname, use: "shared" }] },
    mirror: { table: "main" },
  };
  const config = {
    networks: [underlay, task === "vxlan-encap" ? tenant : { ...tenant, ...behindPod }],
    vteps: [{ name: "vtep0", underlay: underlay.name, addresses: [bare(own.address)] }],
    fabric: { driver: "static", nodeName: "near", nodes: [farNode(task, far.address)] },
  };
  const agent = await startOn(scope, topology.dut, task, config, variant);
  const dut = await withPod(scope, agent, topology, task, "VXLAN over IPv4");
  return { ...dut, name: variant.name };
}

/** The same ports with the same packets, routed without a tunnel. */
export async function startPlain(scope: Scope, task: TunnelTask): Promise<Dut> {
  const { own, far } = endsOf(task);
  const topology = await layUplink(scope, `plain-${task}`, task);
  const uplinks = [{ interface: own.ifname, use: "dedicated" }];
  const tenant = { name: network, nodePrefixes, uplinks, mirror: { table: "main" } };
  if (task === "vxlan-encap") {
    await topology.dut.must("ip", ["route", "add", testPrefix, "via", bare(far.address)]);
  }
  const networks = [task === "vxlan-encap" ? tenant : { ...tenant, ...behindPod }];
  const agent = await startOn(scope, topology.dut, `plain-${task}`, { networks });
  const dut = await withPod(scope, agent, topology, task, "routing without a tunnel");
  const { tunnel: _, ...frame } = dut.lane.frame;
  const ethernet = { source: far.mac, destination: own.mac };
  const sent = task === "vxlan-decap" ? { ...frame, ethernet } : frame;
  const arrival = { ...dut.lane.arrival, addedBytes: 0 };
  return { ...dut, lane: { ...dut.lane, frame: sent, arrival } };
}

/** The uplink, and the station at its other end. */
const endsOf = (task: TunnelTask) =>
  task === "vxlan-encap" ? { own: outside, far: receiver } : { own: inside, far: sender };

async function layUplink(scope: Scope, part: string, task: TunnelTask): Promise<Topology> {
  const topology = await createTopology(scope, part);
  await (task === "vxlan-encap" ? joinReceiver : joinSender)(topology, task);
  const { own, far } = endsOf(task);
  // As a NIC would; the agent sees to it for pods alone.
  if (task === "vxlan-encap") await acceptRedirected(topology.receiver);
  await addAddress(topology.dut, own);
  // Sender and sink answer nobody.
  const neighbour = [bare(far.address), "lladdr", far.mac, "dev", own.ifname, "nud", "permanent"];
  await topology.dut.must("ip", ["neighbour", "replace", ...neighbour]);
  return topology;
}

function farNode(task: TunnelTask, address: string) {
  const prefixes = task === "vxlan-encap" ? [testPrefix, farPrefix] : [farPrefix];
  return {
    name: "far",
    vteps: [{ addresses: [bare(address)] }],
    networks: [{ vni, mac: farRouter.mac, prefixes }],
  };
}

/** Attaches the end of the lane that is a pod. */
async function withPod(
  scope: Scope,
  agent: AgentProcess,
  topology: Topology,
  task: TunnelTask,
  what: string,
): Promise<Dut> {
  const into = task === "vxlan-encap";
  const namespace: Namespace = into ? topology.sender : topology.receiver;
  const { mac: from, address: source } = await attach(
    scope,
    agent,
    namespace,
    into ? [] : [podAddress],
  );
  const to = into
    ? { to: await gatewayMac(agent), from, source }
    : { to: (await agent.client.vnis())[0]?.mac ?? "" };
  return {
    name: byDefault.name,
    description: await describe(agent, what),
    lane: layLane(topology, task, routedTtl, to),
    ...workerPlacement(agent, topology.dut),
  };
}
