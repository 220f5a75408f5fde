import { expect } from "vitest";
import { capture } from "../fixtures/bridge-frames.ts";
import { mustReach } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { openRoutedOverlay, type Peer, routedPair, routeToPeer, VNI } from "../fixtures/vxlan.ts";
import { dropsDuring } from "../fixtures/vxlan-counters.ts";
import { inject } from "../fixtures/vxlan-frames.ts";
import { addNodePod, addRoutedNetwork } from "../fixtures/vxlan-node.ts";
import { vxlanScenario } from "../fixtures/vxlan-scenario.ts";

for (const family of [4, 6] as const) {
  vxlanScenario(
    `Two tenants with the same addresses each have their own, over IPv${family}`,
    { needs: ["python", "scapy"] },
    async (scope) => {
      const overlay = await openRoutedOverlay(scope, { family });
      const { node, network, pods, peers } = overlay;
      const [blue, peer] = [pods[0] as Pod, peers[0] as Peer];
      const red = await addRoutedNetwork(node, { name: "red", vni: VNI + 1 });
      const twin = await addNodePod(node, red, "red0", routedPair(0, 10));
      await routeToPeer(node, red, peer, ["10.81.2.0/24", "fd81:2::/64"]);
      expect([twin.ip4, twin.ip6]).toEqual([blue.ip4, blue.ip6]);
      const [atBlue, atRed] = [await capture(scope, blue), await capture(scope, twin)];
      const head = family === 4 ? "outer() / udp(chksum=0)" : "outer6() / udp(chksum=0)";
      const drops = await dropsDuring(node, async () => {
        // The frames differ in nothing but the VNI, and in the MAC address of the router behind it.
        await inject(overlay, [
          `${head} / vxlan(vni=${network.vni}) / inner4(b"for blue")`,
          `${head} / vxlan(vni=${red.vni}) / Ether(src="${peer.mac}", dst="${red.mac}") / IP(src="10.81.2.10", dst=pod.ip4) / UDP() / b"for red"`,
        ]);
        await atBlue.wait("for blue");
        await atRed.wait("for red");
      });
      expect(atBlue.holding("for red")).toEqual([]);
      expect(atRed.holding("for blue")).toEqual([]);
      expect(drops).toEqual({});
      await mustReach(blue, peer.pods[0] as Pod);
    },
  );

  vxlanScenario(
    `A network that gives up its VNI gets nothing from the tunnel any more, over IPv${family}`,
    { needs: ["python", "scapy"] },
    async (scope) => {
      const overlay = await openRoutedOverlay(scope, { family });
      const { node, network, pods, peers } = overlay;
      const [pod, peer] = [pods[0] as Pod, peers[0] as Peer];
      await mustReach(pod, peer.pods[0] as Pod);
      const { native } = node.process;
      await expect(native.removeVtep(node.vtep)).rejects.toThrow(/uses it/);
      await native.removeVni(network.id);
      const outside = family === 4 ? "tunnel()" : "tunnel6()";
      const drops = await dropsDuring(node, async () => {
        await inject(overlay, [`${outside} / inner4(b"late")`]);
        await mustReach({ ...pod, name: "pod" }, { ...pod, ip4: pod.gateway4, ip6: pod.gateway6 });
      });
      expect(drops).toMatchObject({ "vxlan-unknown-vni": 1 });
      await native.removeVtep(node.vtep);
      expect(await native.listRoutes(network.id, ALL)).toMatchObject({
        routes: expect.not.arrayContaining([expect.objectContaining({ prefix: "10.81.2.0/24" })]),
      });
    },
  );
}

const ALL = { family: 0, within: "", match: "", source: "", limit: 100 } as const;
