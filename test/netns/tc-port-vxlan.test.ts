import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { countersOf } from "../fixtures/counters.ts";
import type { Pod } from "../fixtures/pod.ts";
import { bareScenario } from "../fixtures/scenario.ts";
import { attempt, exchangeDatagrams, exchangeStreams } from "../fixtures/sockets.ts";
import { startTcNodes, type TcNode } from "../fixtures/tc-nodes.ts";

const BYTES = 50_000_000;
const MOST = 0.9;
const TUNNEL_MTU = 1450;
/** The kernel tells the agent of changed devices, which looks at most every 10 ms. */
const NOTICED_MS = 500;
const TC = { flowLane: true, portBackend: "tc" };
const XDP = { flowLane: true };

for (const [name, keys] of [
  ["two nodes of backend tc", [TC, TC]],
  ["a node of backend tc and one of backend xdp", [TC, XDP]],
] as const) {
  for (const family of [4, 6] as const) {
    bareScenario(
      `Streams over IPv${family} between ${name} are whole, and take the lane into the tunnel and out of it`,
      { needs: ["python"], timeoutMs: 60_000 },
      async (scope) => {
        const [near, far] = await startTcNodes(scope, keys);
        const a = await near.addPod("blue", "a");
        const b = await far.addPod("blue", "b");
        await exchangeStreams(scope, [a, b], family, BYTES);
        await exchangeStreams(scope, [b, a], family, BYTES);
        expect(await shareOfLane(near, a)).toBeGreaterThan(MOST);
        expect(await shareOfLane(near, uplink)).toBeGreaterThan(MOST);
      },
    );
  }
}

for (const family of [4, 6] as const) {
  bareScenario(
    `A super-frame out of a tunnel over IPv${family} is cut for a device that takes none`,
    { needs: ["python", "ethtool"], timeoutMs: 60_000 },
    async (scope) => {
      const [near, far] = await startTcNodes(scope, [TC, TC]);
      const a = await near.addPod("blue", "a");
      const b = await far.addPod("blue", "b");
      // As when the pod has an XDP program of its own.
      await far.namespace.must("ethtool", ["-K", b.hostName, "tso", "off"]);
      await delay(NOTICED_MS);
      await exchangeStreams(scope, [a, b], family, BYTES);
      expect(await shareOfLane(far, uplink)).toBeGreaterThan(MOST);
      const file = `/sys/class/net/${b.ifname}/statistics/rx_packets`;
      const received = Number(await b.namespace.must("cat", [file]));
      expect(received).toBeGreaterThan(BYTES / TUNNEL_MTU);
    },
  );
}

bareScenario(
  "Datagrams of every size come back through a tunnel between tc ports",
  { needs: ["python"], timeoutMs: 60_000 },
  async (scope) => {
    const [near, far] = await startTcNodes(scope, [TC, TC]);
    const pods: [Pod, Pod] = [await near.addPod("blue", "a"), await far.addPod("blue", "b")];
    for (const family of [4, 6] as const) {
      const sizes = { first: 1, last: 3000, step: 11, discovery: "dont" } as const;
      const report = await exchangeDatagrams(scope, pods, family, sizes);
      expect(report).toMatchObject({ lost: [], broken: [], refused: {} });
    }
  },
);

bareScenario(
  "A tunnel between tc ports leads into the tenant of its VNI alone",
  { needs: ["python"], timeoutMs: 60_000 },
  async (scope) => {
    const [near, far] = await startTcNodes(scope, [TC, TC]);
    const a = await near.addPod("blue", "a");
    const b = await far.addPod("blue", "b");
    const red = await far.addPod("red", "red");
    await exchangeStreams(scope, [a, b], 4, BYTES);
    // Either tenant has the cluster prefix, and nobody in it has the other's address.
    for (const protocol of ["tcp", "udp"] as const) {
      expect((await attempt(a, protocol, red.ip4)).errno).not.toBeNull();
    }
    const { counters } = await countersOf(far, red);
    expect(counters["tx_packets"] ?? 0).toBe(0);
  },
);

bareScenario(
  "What a shared uplink of backend tc brings for the node stays with the node",
  { needs: ["python"], timeoutMs: 60_000 },
  async (scope) => {
    const [near, far] = await startTcNodes(scope, [TC, TC]);
    const own = { name: "node1", key: "", ip4: "192.0.2.1", ip6: "", namespace: near.namespace };
    const other = { name: "node2", key: "", ip4: "192.0.2.2", ip6: "", namespace: far.namespace };
    await exchangeStreams(scope, [own as Pod, other as Pod], 4, BYTES);
    await near.namespace.must("ping", ["-c", "1", "-W", "2", "192.0.2.2"]);
    expect((await countersOf(near, uplink)).counters["rx_packets"] ?? 0).toBe(0);
  },
);

const uplink = { key: "uplink:under0" };

async function shareOfLane(node: TcNode, port: Pick<Pod, "key">): Promise<number> {
  const { counters } = await countersOf(node, port);
  return (counters["lane_packets"] ?? 0) / (counters["rx_packets"] ?? 1);
}
