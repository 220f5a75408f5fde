import { expect } from "vitest";
import { countersOf, expectBalanced } from "../fixtures/counters.ts";
import { type Lab, NETWORKS } from "../fixtures/lab.ts";
import type { Pod } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeDatagrams, exchangeStreams } from "../fixtures/sockets.ts";

const BYTES = 50_000_000;
const MOST = 0.9;
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
      for (const pod of pods) expect(await segmentationOf(pod)).toBe("on");
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

async function segmentationOf({ namespace, ifname }: Pod): Promise<string> {
  const shown = await namespace.must("ethtool", ["-k", ifname]);
  return /^tcp-segmentation-offload: (\w+)/m.exec(shown)?.[1] ?? "";
}

async function inLane(lab: Lab, pods: readonly Pod[]): Promise<number> {
  const all = await Promise.all(pods.map((pod) => countersOf(lab, pod)));
  return all.reduce((sum, { counters }) => sum + (counters["lane_packets"] ?? 0), 0);
}
