import { expect } from "vitest";
import { capture, frame, send, textDigits } from "../fixtures/bridge-frames.ts";
import { mustPing, mustReach } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { lanPair, openBridgedOverlay, openRoutedOverlay, type Peer } from "../fixtures/vxlan.ts";
import { captureFrom } from "../fixtures/vxlan-frames.ts";
import { addNodePod } from "../fixtures/vxlan-node.ts";
import { vxlanScenario } from "../fixtures/vxlan-scenario.ts";
import { type Site, siteAddress } from "../fixtures/vxlan-underlay.ts";

const needs = ["python"] as const;

for (const family of [4, 6] as const) {
  vxlanScenario(
    `A peer that gets another MAC address in the underlay is found again, over IPv${family}`,
    { needs, timeoutMs: 60_000 },
    async (scope) => {
      const { node, pods, peers } = await openRoutedOverlay(scope, { family });
      const [pod, { site, pods: far }] = [pods[0] as Pod, peers[0] as Peer];
      await doubtSoon(node.site);
      await mustReach(pod, far[0] as Pod);
      const address = ["address", "02:99:00:00:00:77"];
      await site.namespace.must("ip", ["link", "set", site.ifname, ...address]);
      await mustPing(pod, (far[0] as Pod).ip4, { patience: 25 });
      await mustReach(pod, far[0] as Pod);
    },
  );

  vxlanScenario(
    `A peer whose VTEP moves to another address is followed, over IPv${family}`,
    { needs },
    async (scope) => {
      const overlay = await openRoutedOverlay(scope, { family });
      const { node, network, pods, peers } = overlay;
      const [pod, { site, mac, vtep, pods: far }] = [pods[0] as Pod, peers[0] as Peer];
      await mustReach(pod, far[0] as Pod);
      const moved = { ...site, ip4: "10.99.0.200", ip6: "fd99:a0::200" };
      const now = siteAddress(moved, family);
      const length = family === 4 ? 24 : 64;
      await site.namespace.must("ip", ["address", "add", `${now}/${length}`, "dev", site.ifname]);
      await site.namespace.must("ip", ["link", "set", "vx0", "type", "vxlan", "local", now]);
      const { native } = node.process;
      const { id, port } = network;
      // New before old, so that no packet is without a way.
      await native.applyPeers(node.vtep, [{ op: "add", address: now, mtu: 0 }]);
      await native.applyFdb(id, [{ op: "replace", mac, vlan: 0, port, peer: now }]);
      await native.applyPeers(node.vtep, [{ op: "del", address: vtep, mtu: 0 }]);
      await mustReach(pod, far[0] as Pod);
      await mustReach(far[0] as Pod, pod);
      expect(await native.listPeers(node.vtep)).toEqual([{ address: now, mtu: 0 }]);
      expect(await native.listFdb(id)).toMatchObject([{ mac, peer: now }]);
    },
  );

  vxlanScenario(
    `Frames of a VLAN stay out of the tunnel, over IPv${family}`,
    { needs },
    async (scope) => {
      const overlay = await openBridgedOverlay(scope, { family });
      const { node, network, segment, pods } = overlay;
      const vlan = { vlan: { pvid: 10, tagged: [20] } };
      const pod = await addNodePod(node, network, "vlan0", lanPair(0, 40), vlan);
      const fromNode = await captureFrom(scope, segment, node.site);
      const tap = await capture(scope, pods[0] as Pod);
      await send(
        pod,
        frame({ src: pod.mac, payload: textDigits("in VLAN 10") }),
        frame({ src: pod.mac, tags: [{ vid: 20 }], payload: textDigits("in VLAN 20") }),
      );
      const [other] = pods as [Pod];
      await send(other, frame({ src: other.mac, payload: textDigits("in no VLAN") }));
      await fromNode.wait("in no VLAN");
      for (const at of [fromNode, tap]) expect(at.holding("in VLAN")).toEqual([]);
    },
  );
}

/** A neighbour in use is asked again after two seconds instead of half a minute (RFC 4861 7.3.3). */
async function doubtSoon({ namespace, ifname }: Site): Promise<void> {
  const settings = { base_reachable_time_ms: 2000, delay_first_probe_time: 1 };
  const assignments = ["ipv4", "ipv6"].flatMap((family) =>
    Object.entries(settings).map(([key, value]) => `net.${family}.neigh.${ifname}.${key}=${value}`),
  );
  await namespace.must("sysctl", ["-q", "-w", ...assignments]);
}
