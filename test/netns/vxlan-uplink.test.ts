import { expect } from "vitest";
import { mustPing, mustReach } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { exchangeStreams } from "../fixtures/sockets.ts";
import { openBridgedOverlay, openRoutedOverlay } from "../fixtures/vxlan.ts";
import { captureFrom, readTunnelled } from "../fixtures/vxlan-frames.ts";
import { siteAsHost } from "../fixtures/vxlan-peer.ts";
import { vxlanScenario } from "../fixtures/vxlan-scenario.ts";

const BYTES = 1_000_000;
const needs = ["python"] as const;
/** Of flannel. */
const FLANNEL_PORT = 8472;

for (const family of [4, 6] as const) {
  vxlanScenario(
    `A dedicated uplink carries tunnels as a shared one does, over IPv${family}`,
    { needs },
    async (scope) => {
      const overlay = await openRoutedOverlay(scope, { family, capture: "dedicated" });
      const [a, far] = [overlay.pods[0] as Pod, overlay.peers[0]?.pods[0] as Pod];
      await mustReach(far, a);
      for (const inner of [4, 6] as const) {
        await exchangeStreams(scope, [a, far], inner, BYTES);
        await exchangeStreams(scope, [far, a], inner, BYTES);
      }
    },
  );

  vxlanScenario(
    `The UDP port of flannel serves as well as that of RFC 7348, over IPv${family}`,
    { needs },
    async (scope) => {
      const vtep = { udpPort: FLANNEL_PORT };
      const overlay = await openRoutedOverlay(scope, { family, vtep });
      const [a, far] = [overlay.pods[0] as Pod, overlay.peers[0]?.pods[0] as Pod];
      const tap = await captureFrom(scope, overlay.segment, overlay.node.site);
      await mustReach(a, far);
      await mustReach(far, a);
      const ports = tap.all().map((digits) => readTunnelled(digits, FLANNEL_PORT));
      expect(ports.filter((frame) => frame !== null).length).toBeGreaterThan(0);
    },
  );

  vxlanScenario(
    `The node's own traffic and its kernel's tunnels pass a shared uplink, over IPv${family}`,
    { needs },
    async (scope) => {
      const overlay = await openBridgedOverlay(scope, { family });
      const { node, peers, pods } = overlay;
      const [own, other] = [node.site, peers[0]?.site ?? node.site];
      const address = (number: number) => [`10.77.0.${number}`, `fd77::${number}`] as const;
      const [near, far] = [
        await siteAsHost(own, family, FLANNEL_PORT, other, address(1)),
        await siteAsHost(other, family, FLANNEL_PORT, own, address(2)),
      ] as const;
      await mustReach(near, far);
      await exchangeStreams(scope, [near, far], 4, BYTES);
      await mustPing({ ...near, ip4: own.ip4, ip6: own.ip6 }, other.ip4);
      await mustPing({ ...near, ip4: own.ip4, ip6: own.ip6 }, other.ip6);
      await mustReach(pods[0] as Pod, peers[0]?.pods[0] as Pod);
    },
  );
}
