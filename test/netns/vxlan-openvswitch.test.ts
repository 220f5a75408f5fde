import { expect } from "vitest";
import { mustReach } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { exchangeDatagrams, exchangeStreams } from "../fixtures/sockets.ts";
import { lanPair, type Overlay, openBridgedOverlay, plusLengths } from "../fixtures/vxlan.ts";
import { checksumErrors } from "../fixtures/vxlan-checks.ts";
import { dropsDuring } from "../fixtures/vxlan-counters.ts";
import { addOpenVswitchPeer } from "../fixtures/vxlan-openvswitch.ts";
import { vxlanScenario } from "../fixtures/vxlan-scenario.ts";
import type { Scope } from "../harness/scope.ts";

const BYTES = 2_000_000;
const needs = ["python", "ethtool", "openvswitch"] as const;

for (const family of [4, 6] as const) {
  vxlanScenario(
    `Pods behind Open vSwitch and ours reach each other, over IPv${family}`,
    { needs },
    async (scope) => {
      const { pods, peers } = await openWithSwitch(scope, family);
      const [a, far] = [pods[0] as Pod, peers[0]?.pods[0] as Pod];
      await mustReach(a, far);
      await mustReach(far, a);
    },
  );

  vxlanScenario(
    `TCP and UDP between Open vSwitch and Millrace arrive unchanged, over IPv${family}`,
    { needs, timeoutMs: 60_000 },
    async (scope) => {
      const overlay = await openWithSwitch(scope, family);
      const { node, pods, peers } = overlay;
      const [a, far] = [pods[0] as Pod, peers[0]?.pods[0] as Pod];
      await mustReach(a, far);
      const drops = await dropsDuring(node, async () => {
        for (const inner of [4, 6] as const) {
          await exchangeStreams(scope, [a, far], inner, BYTES);
          await exchangeStreams(scope, [far, a], inner, BYTES);
          const sizes = { first: 1, last: 1300, step: 433 };
          const report = await exchangeDatagrams(scope, [a, far], inner, sizes);
          expect(report).toMatchObject({ intact: 4, broken: [] });
        }
      });
      expect(drops).toEqual({});
      // The kernel of the switch's node looks at the outer packets too, and knows no such tunnel.
      for (const { namespace } of [a, far]) expect(await checksumErrors(namespace)).toEqual({});
    },
  );
}

/** A node with Millrace and one with Open vSwitch, which share a segment. */
async function openWithSwitch(scope: Scope, family: 4 | 6): Promise<Overlay> {
  // Open vSwitch takes packets as they are on a veth, where the kernel leaves UDP checksums to
  // a device; without one it accepts them, over IPv6 too (RFC 6935 5).
  const vtep = { udpChecksum: "never" } as const;
  const overlay = await openBridgedOverlay(scope, { family, peers: 0, vtep });
  const { segment, node, network } = overlay;
  const addresses = [plusLengths(lanPair(2, 10))];
  const peer = await addOpenVswitchPeer(segment, node, network.vni, addresses);
  await node.process.native.setFlood(network.id, [peer.vtep]);
  return { ...overlay, peers: [peer] };
}
