import { expect } from "vitest";
import { mustReach, ping } from "../fixtures/ping.ts";
import { type Family, gatewayOf, ipOf, type Pod } from "../fixtures/pod.ts";
import { exchangeDatagrams, exchangeStreams } from "../fixtures/sockets.ts";
import { openBridgedOverlay, openRoutedOverlay, type Peer } from "../fixtures/vxlan.ts";
import { expectRightSums } from "../fixtures/vxlan-checks.ts";
import { dropsButReports } from "../fixtures/vxlan-counters.ts";
import { captureFrom, tunnelled } from "../fixtures/vxlan-frames.ts";
import { overhead } from "../fixtures/vxlan-peer.ts";
import { vxlanScenario } from "../fixtures/vxlan-scenario.ts";

const BYTES = 2_000_000;
const needs = ["python"] as const;
/** Headers of IP and UDP. */
const udpHeaders = (family: Family): number => (family === 4 ? 28 : 48);
const TOO_BIG = {
  4: (gateway: string) => `From ${gateway} icmp_seq=1 Frag needed and DF set (mtu = 1300)`,
  6: (gateway: string) => `From ${gateway} icmp_seq=1 Packet too big: mtu=1300`,
} as const;
const tcpHeaders = (family: Family): number => (family === 4 ? 52 : 72);

for (const family of [4, 6] as const) {
  for (const inner of [4, 6] as const) {
    const over = `IPv${inner} over IPv${family}`;

    vxlanScenario(
      `A pod is told the path MTU of the peer, less what VXLAN takes: ${over}`,
      { needs },
      async (scope) => {
        const overlay = await openRoutedOverlay(scope, { family });
        const { node, pods, peers } = overlay;
        const [a, { vtep, pods: far }] = [pods[0] as Pod, peers[0] as Peer];
        const b = far[0] as Pod;
        await mustReach(a, b);
        const path = 1400;
        const { native } = node.process;
        await native.applyPeers(node.vtep, [{ op: "replace", address: vtep, mtu: path }]);
        const most = path - overhead(family);
        // Refused before it is sent once the kernel knows, and told so by our ICMP error.
        const size = most - udpHeaders(inner) + 1;
        const sizes = { first: size, last: size, step: 1, discovery: "do" } as const;
        const report = await exchangeDatagrams(scope, [a, b], inner, sizes);
        expect(report).toMatchObject({ intact: 0, refused: { [size]: "EMSGSIZE" } });
        expect(await learnedMtu(a, ipOf(b, inner))).toBe(most);
        expect(await dropsButReports(node)).toEqual({ "mtu-exceeded": 1 });
        const fits = { first: size - 1, last: size - 1, step: 1, discovery: "do" } as const;
        expect(await exchangeDatagrams(scope, [a, b], inner, fits)).toMatchObject({ intact: 1 });
      },
    );

    vxlanScenario(
      `TCP finds the path MTU of the peer by itself: ${over}`,
      { needs },
      async (scope) => {
        const overlay = await openRoutedOverlay(scope, { family });
        const { node, pods, peers } = overlay;
        const [a, { vtep, pods: far }] = [pods[0] as Pod, peers[0] as Peer];
        const path = 1400;
        const { native } = node.process;
        await native.applyPeers(node.vtep, [{ op: "replace", address: vtep, mtu: path }]);
        const [{ mss }] = await exchangeStreams(scope, [a, far[0] as Pod], inner, BYTES);
        expect(mss).toBe(path - overhead(family) - tcpHeaders(inner));
        await expectRightSums(overlay);
      },
    );
  }

  vxlanScenario(
    `Without DF a packet is not cut in the tunnel but by the pod that was told, over IPv${family}`,
    { needs },
    async (scope) => {
      const { node, segment, pods, peers } = await openRoutedOverlay(scope, { family });
      const [a, { vtep, pods: far }] = [pods[0] as Pod, peers[0] as Peer];
      await mustReach(a, far[0] as Pod);
      const change = { op: "replace", address: vtep, mtu: 1400 } as const;
      await node.process.native.applyPeers(node.vtep, [change]);
      const tap = await captureFrom(scope, segment, node.site);
      const size = 1400 - overhead(family) - udpHeaders(4) + 1;
      const sizes = { first: size, last: size, step: 1, discovery: "dont" } as const;
      const report = await exchangeDatagrams(scope, [a, far[0] as Pod], 4, sizes);
      expect(report).toMatchObject({ intact: 1 });
      expect(await dropsButReports(node)).toEqual({ "mtu-exceeded": 1 });
      const frames = tunnelled(tap);
      expect(frames.length).toBeGreaterThan(1);
      for (const { inner } of frames) {
        expect(inner.length / 2).toBeLessThanOrEqual(1400 - overhead(family) + 14);
      }
    },
  );

  vxlanScenario(
    `The MTU of the underlay counts where that of the peer is unknown, over IPv${family}`,
    { needs },
    async (scope) => {
      const mtu = 1380;
      // The pod believes in 1450 or 1430, the segment carries less.
      const network = { mtu: 1500 - overhead(family) };
      const { pods, peers } = await openRoutedOverlay(scope, { family, mtu, network });
      const [a, far] = [pods[0] as Pod, peers[0]?.pods[0] as Pod];
      const most = mtu - overhead(family);
      const extra = ["-s", `${most - udpHeaders(4) + 1}`, "-M", "do"];
      expect(await ping(a, far.ip4, { extra })).toMatchObject({ received: 0 });
      expect(await learnedMtu(a, far.ip4)).toBe(most);
      const [{ mss }] = await exchangeStreams(scope, [a, far], 4, BYTES);
      expect(mss).toBe(most - tcpHeaders(4));
    },
  );

  vxlanScenario(
    `A bridged network drops what is too long for its peer, as bridges do, over IPv${family}`,
    { needs },
    async (scope) => {
      const { node, pods, peers } = await openBridgedOverlay(scope, { family });
      const [a, { vtep, pods: far }] = [pods[0] as Pod, peers[0] as Peer];
      await mustReach(a, far[0] as Pod);
      const change = { op: "replace", address: vtep, mtu: 1400 } as const;
      await node.process.native.applyPeers(node.vtep, [change]);
      const size = 1400 - overhead(family) - udpHeaders(4);
      const sizes = { first: size, last: size + 1, step: 1 };
      const report = await exchangeDatagrams(scope, [a, far[0] as Pod], 4, sizes);
      expect(report).toMatchObject({ intact: 1, lost: [size + 1] });
      expect(await dropsButReports(node)).toEqual({ "mtu-exceeded": 3 });
    },
  );
}

vxlanScenario("The error comes from the gateway of the pod", { needs }, async (scope) => {
  const { node, pods, peers } = await openRoutedOverlay(scope, { family: 4 });
  const [a, { vtep, pods: far }] = [pods[0] as Pod, peers[0] as Peer];
  const change = { op: "replace", address: vtep, mtu: 1350 } as const;
  await node.process.native.applyPeers(node.vtep, [change]);
  for (const family of [4, 6] as const) {
    const extra = ["-s", "1300", "-M", "do"];
    const { output } = await ping(a, ipOf(far[0] as Pod, family), { extra });
    expect(output).toContain(TOO_BIG[family](gatewayOf(a, family)));
  }
});

/** The MTU that the pod's kernel has learned for a destination. */
async function learnedMtu(pod: Pod, address: string): Promise<number | undefined> {
  const text = await pod.namespace.must("ip", ["-j", "route", "get", address]);
  const [route] = JSON.parse(text) as { metrics?: { mtu?: number }[] }[];
  return route?.metrics?.[0]?.mtu;
}
