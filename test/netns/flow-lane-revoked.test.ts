import { expect } from "vitest";
import { mustReach } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { streamThrough } from "../fixtures/stamped-stream.ts";
import { type Overlay, openRoutedOverlay, type Peer } from "../fixtures/vxlan.ts";
import { portCounters } from "../fixtures/vxlan-counters.ts";
import { vxlanScenario } from "../fixtures/vxlan-scenario.ts";

/** No packet of a flow that is no longer allowed is sent on later than this after the change. */
const BOUND_MS = 10;
/** Of some thousand: the first packets of a flow are the loop's, and one now and then. */
const IN_LANE = 500;
const needs = ["python"] as const;
const BEHIND = "192.0.2.1";

interface Way {
  from: Pod;
  to: Pod;
  address?: string;
  /** Name of the port of the node that it comes in by. */
  port: string;
}

function revoked(
  title: string,
  open: (overlay: Overlay) => Promise<[Way, () => Promise<unknown>]>,
) {
  vxlanScenario(`${title}, within ${BOUND_MS} ms`, { needs }, async (scope) => {
    const overlay = await openRoutedOverlay(scope, { family: 4, pods: 2 });
    const [way, change] = await open(overlay);
    await mustReach(way.from, way.to);
    let inLane = 0;
    const { count, lateMs } = await streamThrough(scope, way, async () => {
      await overlay.node.process.native.countFlows();
      inLane = (await portCounters(overlay.node, way.port)).counters["lane_packets"] ?? 0;
      await change();
    });
    expect(inLane).toBeGreaterThan(IN_LANE);
    expect(count).toBeGreaterThan(inLane);
    expect(lateMs).toBeLessThan(BOUND_MS);
  });
}

const outOfTunnel = ({ node, peers, pods }: Overlay): Way => ({
  from: peers[0]?.pods[0] as Pod,
  to: pods[0] as Pod,
  port: `uplink:${node.site.ifname}`,
});

revoked("A flow out of a tunnel ends when its VTEP is taken away", async (overlay) => {
  const { node, peers } = overlay;
  const { vtep } = peers[0] as Peer;
  const change = { op: "del", address: vtep, mtu: 0 } as const;
  return [outOfTunnel(overlay), () => node.process.native.applyPeers(node.vtep, [change])];
});

revoked("A flow out of a tunnel ends when its tenant has no VNI any more", async (overlay) => {
  const { node, network } = overlay;
  return [outOfTunnel(overlay), () => node.process.native.removeVni(network.id)];
});

revoked("A flow between pods ends when its route is withdrawn", async ({ node, network, pods }) => {
  const [from, to] = pods as [Pod, Pod];
  await to.namespace.must("ip", ["address", "add", `${BEHIND}/32`, "dev", "lo"]);
  const nextHops = [{ port: node.ports.get(to.name) ?? -1, address: "", weight: 1 }];
  const fixed = { type: "unicast", nextHops, leakTo: 0, counted: false, source: "static" } as const;
  const route = (op: "add" | "del") =>
    node.process.native.applyRoutes(network.id, [{ op, prefix: `${BEHIND}/32`, ...fixed }]);
  await route("add");
  return [{ from, to, address: BEHIND, port: from.name }, () => route("del")];
});
