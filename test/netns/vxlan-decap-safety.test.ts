import { expect } from "vitest";
import type { RouteChange } from "../../src/dataplane/native.ts";
import { capture, send } from "../fixtures/bridge-frames.ts";
import { mustReach } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { openBridgedOverlay, openRoutedOverlay, VNI } from "../fixtures/vxlan.ts";
import { tunnelCases } from "../fixtures/vxlan-bad-frames.ts";
import { dropsDuring, dropsOfNode, untilDropped } from "../fixtures/vxlan-counters.ts";
import { craft, inject, wireOf } from "../fixtures/vxlan-frames.ts";
import { addNodePod, addRoutedNetwork } from "../fixtures/vxlan-node.ts";
import { vxlanScenario } from "../fixtures/vxlan-scenario.ts";

const needs = ["python", "scapy"] as const;

for (const family of [4, 6] as const) {
  vxlanScenario(
    `What no honest peer sends is dropped with its reason, over IPv${family}`,
    { needs, timeoutMs: 120_000 },
    async (scope) => {
      const overlay = await openBridgedOverlay(scope, { family });
      const { node, pods, segment } = overlay;
      const tap = await capture(scope, pods[0] as Pod);
      const cases = tunnelCases(family);
      const expressions = cases.map(({ frame }, i) => frame.replaceAll("%", `case ${i}.`));
      const frames = await craft(overlay, expressions);
      for (const [i, { title, dropped }] of cases.entries()) {
        const text = `case ${i}.`;
        const before = await dropsOfNode(node);
        const drops = await dropsDuring(node, async () => {
          await send(wireOf(segment, node.site), frames[i] ?? "");
          if (dropped === null) await tap.wait(text);
          else await untilDropped(node, dropped, (before[dropped] ?? 0) + 1);
        });
        expect(drops, title).toEqual(dropped === null ? {} : { [dropped]: 1 });
        expect(tap.holding(text), title).toHaveLength(dropped === null ? 1 : 0);
      }
    },
  );

  vxlanScenario(
    `Fragments of outer packets come to nobody, over IPv${family}`,
    { needs },
    async (scope) => {
      const overlay = await openBridgedOverlay(scope, { family });
      const tap = await capture(scope, overlay.pods[0] as Pod);
      const rest = ' / udp(chksum=0) / vxlan() / inner4(b"fragment")';
      const fragments =
        family === 4
          ? ['outer(flags="MF")', "outer(flags=0, frag=100)", 'outer(flags="MF", frag=100)']
          : ["outer6() / IPv6ExtHdrFragment(m=1)", "outer6() / IPv6ExtHdrFragment(offset=100)"];
      const good = `${family === 4 ? "tunnel()" : "tunnel6()"} / inner4(b"whole")`;
      await inject(overlay, [...fragments.map((outer) => outer + rest), good]);
      await tap.wait("whole");
      expect(tap.holding("fragment")).toEqual([]);
    },
  );

  vxlanScenario(
    `A pod that sends VXLAN itself reaches no other network, over IPv${family}`,
    { needs },
    async (scope) => {
      const overlay = await openRoutedOverlay(scope, { family, pods: 2 });
      const { node, network, pods, peers } = overlay;
      const [a] = pods as [Pod, Pod];
      const wish = { name: "red", vni: VNI + 1, gateways: ["10.82.1.1", "fd82:1::1"] as const };
      const red = await addRoutedNetwork(node, wish);
      const victim = await addNodePod(node, red, "red0", ["10.82.1.10", "fd82:1::10"]);
      // The worst case: the routes of the pods' network let them reach the underlay.
      await node.process.native.applyRoutes(network.id, leaksTo(node.underlay));
      await mustReach(a, peers[0]?.pods[0] as Pod);
      const tap = await capture(scope, victim);
      const frames = await craft(overlay, forged(family, network.vni, red.vni), { to: victim });
      const drops = await dropsDuring(node, async () => {
        await send({ ...a }, ...frames.map((frame) => fromPod(frame, a)));
        await mustReach(a, peers[0]?.pods[0] as Pod);
      });
      console.log(`what the pod sent was dropped: ${JSON.stringify(drops)}`);
      expect(tap.holding("forged")).toEqual([]);
      const sum = Object.values(drops).reduce((total, count) => total + count, 0);
      expect(sum).toBeGreaterThanOrEqual(frames.length);
    },
  );
}

function leaksTo(leakTo: number): RouteChange[] {
  return ["10.99.0.0/24", "fd99:a0::/64"].map((prefix) => ({
    ...{ op: "add", prefix, type: "leak", leakTo, counted: false, source: "static" },
    nextHops: [],
  }));
}

/** Puts the pod's and its gateway's MAC addresses into a frame. */
function fromPod(digits: string, { mac, gatewayMac }: Pod): string {
  return (gatewayMac + mac).replaceAll(":", "") + digits.slice(24);
}

/** VXLAN to our VTEP with the pod's own source and with the peer's, for either network. */
function forged(family: 4 | 6, own: number, other: number): string[] {
  const outer = family === 4 ? "outer" : "outer6";
  const sources = family === 4 ? ['src="10.81.1.10"', ""] : ['src="fd81:1::10"', ""];
  return sources.flatMap((source) =>
    [own, other].map(
      (vni) => `${outer}(${source}) / udp() / vxlan(vni=${vni}) / inner4(b"forged")`,
    ),
  );
}
