import { routeToPeer } from "../../test/fixtures/vxlan.ts";
import {
  addNodePod,
  addRoutedNetwork,
  openNode,
  UNDERLAY,
  type VxlanNetwork,
  type VxlanNode,
} from "../../test/fixtures/vxlan-node.ts";
import type { Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { raiseSessionOf } from "../lib/priority.ts";
import type { Forwarder } from "../traffic/forwarder.ts";
import type { Lane } from "../traffic/generator.ts";
import { dutCpu, testPrefix } from "../traffic/load.ts";
import { Sink } from "../traffic/sink.ts";
import { createQuietNamespace, join } from "../traffic/topology.ts";
import { type Direction, farPod, farPrefix, farRouter, outerBytes, vni } from "./tunnel.ts";

const uplink = { ifname: "up0", mac: "02:99:00:00:00:01", ip4: "10.99.0.1" };
const far = { ifname: "up0", mac: "02:99:00:00:00:02", ip4: "10.99.0.2" };
const gateways = ["10.81.1.1", "fd81:1::1"] as const;
const podAddresses = ["10.81.1.10", "fd81:1::10"] as const;

/** A node with its uplink and the far end of it. */
interface Stage {
  node: VxlanNode;
  near: Namespace;
  far: Namespace;
}

/** Millrace between a pod and a VXLAN tunnel; the scope removes it. */
export async function startMillrace(scope: Scope, direction: Direction): Promise<Forwarder> {
  const stage = await openStage(scope, `millrace-${direction}`);
  const { node } = stage;
  const network = await addRoutedNetwork(node, { name: "bench", vni, gateways });
  const peer = { op: "add", address: far.ip4, mtu: 0 } as const;
  await node.process.native.applyPeers(node.vtep, [peer]);
  const prefixes = direction === "encap" ? [testPrefix, farPrefix] : [farPrefix];
  await routeToPeer(node, network, { vtep: far.ip4, mac: farRouter.mac }, prefixes);
  const outer = direction === "encap" ? outerBytes : 0;
  const lane = await layLane(stage, network, direction, outer);
  const tunnel = { vni, vtep: uplink.ip4, innerTo: network.mac, innerFrom: farPod };
  return forwarder("millrace", "Millrace, VXLAN over IPv4", {
    ...lane,
    ...(direction === "decap" && { tunnel }),
  });
}

/** The same ports with the same packets, routed without a tunnel. */
export async function startPlain(scope: Scope, direction: Direction): Promise<Forwarder> {
  const stage = await openStage(scope, `plain-${direction}`);
  const { node, near } = stage;
  if (direction === "encap") await near.must("ip", ["route", "add", testPrefix, "via", far.ip4]);
  else await node.process.dataplane.setPrefixes(`uplink:${uplink.ifname}`, [testPrefix]);
  const network = { ...{ name: UNDERLAY, id: node.underlay, kind: "routed" }, gateways, mtu: 1500 };
  const untunnelled: VxlanNetwork = { ...network, kind: "routed", vni: 0, port: 0, mac: "" };
  const lane = await layLane(stage, untunnelled, direction, 0);
  return forwarder("plain", "Millrace, routing without a tunnel", lane);
}

async function openStage(scope: Scope, name: string): Promise<Stage> {
  const near = await createQuietNamespace(scope, name);
  const away = await createQuietNamespace(scope, `${name}-far`);
  await join({ namespace: near, ...uplink }, { namespace: away, ...far });
  for (const [namespace, { ip4 }] of [
    [near, uplink],
    [away, far],
  ] as const) {
    await namespace.must("ip", ["address", "add", `${ip4}/24`, "dev", "up0"]);
  }
  // The sink at the far end answers nobody.
  const neighbour = [far.ip4, "lladdr", far.mac, "dev", uplink.ifname, "nud", "permanent"];
  await near.must("ip", ["neighbour", "replace", ...neighbour]);
  const site = { name, namespace: near, mtu: 1500, ip6: "", ...uplink };
  const node = await openNode(scope, site, { family: 4, dataplane: { cpus: [dutCpu] } });
  raiseSessionOf(node.process.pid);
  return { node, near, far: away };
}

async function layLane(
  { node, far: away }: Stage,
  network: VxlanNetwork,
  direction: Direction,
  outer: number,
): Promise<Lane> {
  const pod = await addNodePod(
    node,
    network,
    `${network.name.slice(0, 5)}-${direction}`,
    podAddresses,
  );
  const { namespace, ifname, gatewayMac } = pod;
  const start = (netns: string, device: string) => Sink.start(node.scope, netns, device, 63, outer);
  if (direction === "encap") {
    return { netns: namespace.name, ifname, gatewayMac, sink: await start(away.name, far.ifname) };
  }
  await node.process.dataplane.addRoutes(pod.name, [testPrefix]);
  const sink = await start(namespace.name, ifname);
  return { netns: away.name, ifname: far.ifname, gatewayMac: uplink.mac, sink };
}

function forwarder(subject: "millrace" | "plain", description: string, lane: Lane): Forwarder {
  return {
    subject,
    description,
    lane,
    placements: () => [`CPU ${dutCpu} of its own, polling while there is traffic`],
    prepare: async () => {},
    // Without traffic its worker sleeps.
    rest: async () => {},
  };
}
