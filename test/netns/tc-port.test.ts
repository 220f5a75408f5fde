import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { countersOf, dropsDuring, expectBalanced, inLane } from "../fixtures/counters.ts";
import { type Lab, NETWORKS } from "../fixtures/lab.ts";
import { mustReach, mustReachGateway } from "../fixtures/ping.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { attempt, exchangeDatagrams, exchangeStreams } from "../fixtures/sockets.ts";
import { machine } from "../fixtures/vlan.ts";
import { must } from "../harness/run.ts";

const BYTES = 50_000_000;
const MOST = 0.9;
/** The kernel tells the agent of changed devices, which looks at most every 10 ms. */
const NOTICED_MS = 500;
const DROPPER = fileURLToPath(new URL("../fixtures/xdp_drop_udp.bpf.c", import.meta.url));
const TC = { flowLane: true, portBackend: "tc" };
const onTc = { config: { networks: NETWORKS.map((one) => ({ ...one, ...TC })) } };

for (const family of [4, 6] as const) {
  scenario(
    `A TCP connection over IPv${family} between tc ports keeps its super-frames, and every segment is counted`,
    { needs: ["python", "ethtool"], ...onTc },
    async (lab) => {
      const pods = await lab.addPair();
      await exchangeStreams(lab.scope, pods, family, BYTES);
      const { rx } = await expectBalanced(lab);
      expect(await inLane(lab, pods)).toBeGreaterThan(MOST * rx);
      for (const pod of pods) {
        expect(await segmentationOf(pod)).toBe("on");
        // What the pod has received, super-frames and all, and what they were cut would be.
        expect(await receivedBy(pod)).toBeLessThan((await sentTo(lab, pod)) / 2);
      }
    },
  );
}

scenario(
  "Datagrams of every size, fragments among them, come back through tc ports",
  { needs: ["python"], ...onTc },
  async (lab) => {
    const pods = await lab.addPair();
    for (const family of [4, 6] as const) {
      const sizes = { first: 1, last: 4000, step: 7, discovery: "dont" } as const;
      const report = await exchangeDatagrams(lab.scope, pods, family, sizes);
      expect(report).toMatchObject({ lost: [], broken: [], refused: {} });
    }
    await expectBalanced(lab);
  },
);

scenario(
  "Streams are whole when everything that the lane knows is revoked again and again",
  { needs: ["python"], ...onTc, timeoutMs: 60_000 },
  async (lab) => {
    const pods = await lab.addPair();
    const streams = exchangeStreams(lab.scope, pods, 4, 4 * BYTES);
    let changes = 0;
    const going = { on: true };
    const done = streams.finally(() => {
      going.on = false;
    });
    while (going.on) {
      // Each of them raises the number that flows are compared with.
      await changeRoute(lab, changes % 2 === 0 ? "add" : "del", "10.98.0.0/16", pods[1].ip4);
      changes++;
      await delay(10);
    }
    await done;
    expect(changes).toBeGreaterThan(10);
    await expectBalanced(lab);
  },
);

scenario(
  "The first packet after a route is withdrawn is refused, although its flow was in the lane",
  { needs: ["python"], ...onTc },
  async (lab) => {
    const [a, b] = await lab.addPair();
    const behind = "10.97.0.1";
    await b.namespace.must("ip", ["address", "add", `${behind}/32`, "dev", "lo"]);
    await changeRoute(lab, "add", "10.97.0.0/16", b.ip4);
    await exchangeStreams(lab.scope, [a, { ...b, ip4: behind }], 4, BYTES);
    expect(await inLane(lab, [a])).toBeGreaterThan(100);
    await changeRoute(lab, "del", "10.97.0.0/16", b.ip4);
    const drops = await dropsDuring(lab, a, async () => {
      expect((await attempt(a, "udp", behind)).errno).toBe("ENETUNREACH");
    });
    expect(drops).toMatchObject({ "no-route": 1 });
  },
);

scenario(
  "Pods of two tenants with tc ports never reach each other, and nothing of them reaches the node",
  { needs: ["python"], ...onTc },
  async (lab) => {
    const [a, b] = await lab.addPair();
    const red = await lab.addPod("red", { network: "red" });
    await exchangeStreams(lab.scope, [a, b], 4, BYTES);
    for (const protocol of ["tcp", "udp"] as const) {
      expect((await attempt(a, protocol, red.ip4)).errno).toBe("ENETUNREACH");
      expect((await attempt(red, protocol, b.ip4)).errno).toBe("ENETUNREACH");
    }
    await lab.node.must("sysctl", ["-qw", "net.ipv4.ip_forward=1"]);
    await lab.node.must("ip", ["address", "add", "192.0.2.77/32", "dev", "lo"]);
    expect((await attempt(a, "udp", "192.0.2.77")).errno).toBe("ENETUNREACH");
    await mustReachGateway(a);
  },
);

for (const family of [4, 6] as const) {
  scenario(
    `A pod with a tc port and one with an xdp port exchange streams over IPv${family} by the lane, either way`,
    { needs: ["python"], config: { networks: mixed() } },
    async (lab) => {
      const tc = await lab.addPod("tc");
      const xdp = await lab.addPod("xdp", { network: "red" });
      await exchangeStreams(lab.scope, [tc, xdp], family, BYTES);
      await exchangeStreams(lab.scope, [xdp, tc], family, BYTES);
      const { rx } = await expectBalanced(lab);
      expect(await inLane(lab, [tc, xdp])).toBeGreaterThan(MOST * rx);
      const ports = await lab.agent.client.ports();
      expect(ports.map(({ network, backend }) => [network, backend]).sort()).toEqual([
        ["blue", "tc"],
        ["red", "xdp"],
      ]);
    },
  );
}

scenario(
  "Bridged pods with tc ports find each other and exchange streams by the lane",
  {
    needs: ["python"],
    config: {
      networks: [{ name: "blue", kind: "bridged", nodePrefixes: ["10.81.1.0/24"], ...TC }],
    },
  },
  async (lab) => {
    const pods = await lab.addPair();
    await exchangeStreams(lab.scope, pods, 4, BYTES);
    const { rx } = await expectBalanced(lab);
    expect(await inLane(lab, pods)).toBeGreaterThan(MOST * rx);
  },
);

scenario(
  "A flow that lasts is confirmed by the ring loop now and then",
  { needs: ["python"], ...onTc, timeoutMs: 60_000 },
  async (lab) => {
    const [a, b] = await lab.addPair();
    await mustReach(a, b);
    const sizes = { first: 100, last: 400, step: 1, discovery: "do" } as const;
    await exchangeDatagrams(lab.scope, [a, b], 4, sizes);
    const before = await inLoop(lab, a);
    await delay(2500);
    await exchangeDatagrams(lab.scope, [a, b], 4, sizes);
    const confirmed = (await inLoop(lab, a)) - before;
    expect(confirmed).toBeGreaterThan(0);
    expect(confirmed).toBeLessThan(30);
  },
);

scenario(
  "A pod's own XDP program sees every packet, although its flow is in the lane",
  { needs: ["python", "clang"], ...onTc, timeoutMs: 60_000 },
  async (lab) => {
    const [a, b] = await lab.addPair();
    const sizes = { first: 100, last: 160, step: 1, discovery: "do" } as const;
    const before = await exchangeDatagrams(lab.scope, [a, b], 4, sizes);
    expect(before).toMatchObject({ lost: [], broken: [] });
    await attachDropper(lab, b);
    await delay(NOTICED_MS);
    const { intact, lost } = await exchangeDatagrams(lab.scope, [a, b], 4, { ...sizes, last: 101 });
    expect({ intact, lost }).toEqual({ intact: 0, lost: [100, 101] });
  },
);

async function receivedBy({ namespace, ifname }: Pod): Promise<number> {
  const file = `/sys/class/net/${ifname}/statistics/rx_packets`;
  return Number(await namespace.must("cat", [file]));
}

async function sentTo(lab: Lab, pod: Pod): Promise<number> {
  return (await countersOf(lab, pod)).counters["tx_packets"] ?? 0;
}

/** Two networks with routes into each other, one of each backend. */
function mixed() {
  const [blue, red] = NETWORKS;
  const leaksTo = (other: (typeof NETWORKS)[number]) =>
    other.nodePrefixes.map((prefix) => ({ prefix, network: other.name }));
  if (blue === undefined || red === undefined) throw new Error("two networks are needed");
  return [
    { ...blue, ...TC, leaks: leaksTo(red) },
    { ...red, flowLane: true, leaks: leaksTo(blue) },
  ];
}

async function changeRoute(
  { agent }: Lab,
  op: "add" | "del",
  prefix: string,
  address: string,
): Promise<void> {
  const way = op === "add" ? { type: "unicast", via: [{ address }] } : {};
  await agent.client.change("routes", "blue", [{ op, prefix, ...way }]);
}

async function inLoop(lab: Lab, pod: Pod): Promise<number> {
  const { counters } = await countersOf(lab, pod);
  return (counters["rx_packets"] ?? 0) - (counters["lane_packets"] ?? 0);
}

async function attachDropper({ scope }: Lab, { namespace, ifname }: Pod): Promise<void> {
  const object = join(scope.dir, "xdp_drop_udp.o");
  const includes = ["-idirafter", `/usr/include/${await machine()}-linux-gnu`];
  await must("clang", ["-target", "bpf", "-g", "-O2", ...includes, "-c", DROPPER, "-o", object]);
  const attach = ["link", "set", "dev", ifname, "xdpdrv", "object", object, "section", "xdp"];
  await namespace.must("ip", attach);
}

async function segmentationOf({ namespace, ifname }: Pod): Promise<string> {
  const shown = await namespace.must("ethtool", ["-k", ifname]);
  return /^tcp-segmentation-offload: (\w+)/m.exec(shown)?.[1] ?? "";
}
