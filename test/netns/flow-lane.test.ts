import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { expectBalanced, inLane } from "../fixtures/counters.ts";
import { NETWORKS } from "../fixtures/lab.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeDatagrams, exchangeStreams } from "../fixtures/sockets.ts";

const BYTES = 10_000_000;
/** The loop sees the first packets of a flow, and one now and then. */
const MOST = 0.9;
/** The kernel tells the agent of changed devices, which looks at most every 10 ms. */
const NOTICED_MS = 500;

const laneOn = { config: { networks: NETWORKS.map((one) => ({ ...one, flowLane: true })) } };

for (const family of [4, 6] as const) {
  scenario(
    `A TCP connection over IPv${family} takes the flow lane, and every packet of it is counted`,
    { needs: ["python"], ...laneOn },
    async (lab) => {
      const pods = await lab.addPair();
      await exchangeStreams(lab.scope, pods, family, BYTES);
      const { rx } = await expectBalanced(lab);
      expect(await inLane(lab, pods)).toBeGreaterThan(MOST * rx);
      // One each way.
      expect((await lab.agent.client.status()).flowLane).toEqual({ flows: 2, missing: "" });
    },
  );
}

scenario(
  "Without the key flowLane every packet goes through the ring loop",
  { needs: ["python"] },
  async (lab) => {
    const pods = await lab.addPair();
    await exchangeStreams(lab.scope, pods, 4, BYTES);
    await expectBalanced(lab);
    expect(await inLane(lab, pods)).toBe(0);
  },
);

scenario(
  "A pod that switches GRO off is served by the ring loop, and by the lane when it is on again",
  { needs: ["python", "ethtool"], ...laneOn },
  async (lab) => {
    const pods = await lab.addPair();
    await exchangeStreams(lab.scope, pods, 4, BYTES);
    const before = await inLane(lab, pods);
    await setGro(pods, "off");
    await exchangeStreams(lab.scope, pods, 4, BYTES);
    // A packet each that the device has refused; their streams have sent it again.
    expect((await inLane(lab, pods)) - before).toBeLessThan(100);
    await setGro(pods, "on");
    await delay(NOTICED_MS);
    await exchangeStreams(lab.scope, pods, 4, BYTES);
    expect(await inLane(lab, pods)).toBeGreaterThan(1.5 * before);
    await expectBalanced(lab);
  },
);

scenario(
  "A pod that comes with the address of one that has gone gets what is for it",
  { needs: ["python"], ...laneOn },
  async (lab) => {
    const [a, b] = await lab.addPair();
    const sizes = { first: 100, last: 600, step: 1, discovery: "do" } as const;
    await exchangeDatagrams(lab.scope, [a, b], 4, sizes);
    expect(await inLane(lab, [a])).toBeGreaterThan(0);
    await lab.deletePod(b);
    const address = b.ip4;
    const c = await lab.addPod("c", { config: { args: { cni: { ips: [address] } } } });
    expect(c.ip4).toBe(address);
    const report = await exchangeDatagrams(lab.scope, [a, c], 4, sizes);
    expect(report).toMatchObject({ lost: [], broken: [] });
    await expectBalanced(lab);
  },
);

async function setGro(pods: readonly Pod[], value: "on" | "off"): Promise<void> {
  for (const { namespace, ifname } of pods) {
    await namespace.must("ethtool", ["-K", ifname, "gro", value]);
  }
}
