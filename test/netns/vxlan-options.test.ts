import { expect } from "vitest";
import { CPUS } from "../fixtures/bridge.ts";
import { mustPing, mustReach } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";
import {
  lanPair,
  openBridgedOverlay,
  openRoutedOverlay,
  plusLengths,
  VNI,
} from "../fixtures/vxlan.ts";
import { expectRightSums } from "../fixtures/vxlan-checks.ts";
import { captureFrom, tunnelled } from "../fixtures/vxlan-frames.ts";
import { addVxlanDevice, bridgePods, floodTo, overhead } from "../fixtures/vxlan-peer.ts";
import { vxlanScenario } from "../fixtures/vxlan-scenario.ts";

const BYTES = 2_000_000;
const needs = ["python"] as const;

for (const family of [4, 6] as const) {
  vxlanScenario(
    `With UDP checksums always the kernel finds every one right, over IPv${family}`,
    { needs },
    async (scope) => {
      const vtep = { udpChecksum: "always" } as const;
      const overlay = await openRoutedOverlay(scope, { family, vtep });
      const [a, far] = [overlay.pods[0] as Pod, overlay.peers[0]?.pods[0] as Pod];
      const tap = await captureFrom(scope, overlay.segment, overlay.node.site);
      for (const inner of [4, 6] as const) await exchangeStreams(scope, [a, far], inner, BYTES);
      expect(tunnelled(tap).filter(({ udpChecksum }) => udpChecksum === 0)).toEqual([]);
      await expectRightSums(overlay);
    },
  );

  vxlanScenario(
    `Without UDP checksums either side takes what the other one sends, over IPv${family}`,
    { needs },
    async (scope) => {
      // Over IPv6 the kernel has to be told to accept none (RFC 6935 5).
      const device = family === 4 ? ["noudpcsum"] : ["udp6zerocsumtx", "udp6zerocsumrx"];
      const vtep = { udpChecksum: "never" } as const;
      const overlay = await openRoutedOverlay(scope, { family, vtep, device });
      const [a, far] = [overlay.pods[0] as Pod, overlay.peers[0]?.pods[0] as Pod];
      for (const inner of [4, 6] as const) {
        await exchangeStreams(scope, [a, far], inner, BYTES);
        await exchangeStreams(scope, [far, a], inner, BYTES);
      }
      await expectRightSums(overlay);
    },
  );

  vxlanScenario(
    `A kernel that sends UDP checksums is understood, over IPv${family}`,
    { needs },
    async (scope) => {
      const device = family === 4 ? ["udpcsum"] : ["noudp6zerocsumtx"];
      const overlay = await openBridgedOverlay(scope, { family, device });
      const [a, far] = [overlay.pods[0] as Pod, overlay.peers[0]?.pods[0] as Pod];
      for (const inner of [4, 6] as const) await exchangeStreams(scope, [far, a], inner, BYTES);
      await expectRightSums(overlay);
    },
  );

  vxlanScenario(
    `A DSCP and TTL of the VTEP's own stand outside, ECN follows the packet, over IPv${family}`,
    { needs },
    async (scope) => {
      const overlay = await openRoutedOverlay(scope, { family, vtep: { dscp: 10, ttl: 9 } });
      const [a, far] = [overlay.pods[0] as Pod, overlay.peers[0]?.pods[0] as Pod];
      await mustReach(a, far);
      const tap = await captureFrom(scope, overlay.segment, overlay.node.site);
      for (const address of [far.ip4, far.ip6]) {
        await mustPing(a, address, { extra: ["-Q", `${0xb8 | 2}`] });
      }
      expect(new Set(tunnelled(tap).map(({ tos, ttl }) => `${tos} ${ttl}`))).toContain(
        `${(10 << 2) | 2} 9`,
      );
      expect(new Set(tunnelled(tap).map(({ tos }) => tos >> 2))).toEqual(new Set([10]));
    },
  );

  vxlanScenario(
    `Two workers share the work of a tunnel, over IPv${family}`,
    { needs, timeoutMs: 60_000 },
    async (scope) => {
      const dataplane = { cpus: CPUS };
      const overlay = await openBridgedOverlay(scope, { family, pods: 3, dataplane });
      const far = overlay.peers[0]?.pods[0] as Pod;
      for (const pod of overlay.pods) {
        await exchangeStreams(scope, [pod, far], 4, BYTES);
        await exchangeStreams(scope, [far, pod], 6, BYTES);
      }
      await expectRightSums(overlay);
    },
  );
}

vxlanScenario(
  "One VTEP with an address of each family serves peers of both in one network",
  { needs },
  async (scope) => {
    // The first addresses of the segment are the node's.
    const [address4, address6] = ["10.99.0.1", "fd99:a0::1"];
    const network = { mtu: 1500 - overhead(6) };
    const vtep = { address4, address6 };
    const overlay = await openBridgedOverlay(scope, { family: 4, vtep, network });
    const { node, pods, peers, segment } = overlay;
    const site = await segment.join("peer6", 8);
    const { native } = node.process;
    await native.applyPeers(node.vtep, [{ op: "add", address: site.ip6, mtu: 0 }]);
    await native.setFlood(overlay.network.id, [peers[0]?.vtep ?? "", site.ip6]);
    await addVxlanDevice(site, { family: 6, vni: VNI, learning: true });
    await floodTo(site, address6);
    const [far] = await bridgePods(scope, site, [plusLengths(lanPair(3, 10))]);
    const [a, near] = [pods[0] as Pod, peers[0]?.pods[0] as Pod];
    for (const peer of [near, far as Pod]) {
      await mustReach(a, peer);
      await mustReach(peer, a);
      await exchangeStreams(scope, [a, peer], 4, BYTES);
    }
    await expectRightSums(overlay);
  },
);
