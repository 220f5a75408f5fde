import { expect } from "vitest";
import { exchangeDatagrams, exchangeStreams } from "../fixtures/sockets.ts";
import { asPods } from "./fixtures/as-pods.ts";
import type { Cluster } from "./fixtures/cluster.ts";
import { type RunningPod, runPod } from "./fixtures/pods.ts";
import { clusterScenario } from "./fixtures/scenario.ts";

const BYTES = 20_000_000;

clusterScenario(
  "Two pods exchange TCP and UDP over their second network, through the ring loop",
  {},
  async (cluster) => {
    const a = await runPod(cluster, "a", { networks: "blue" });
    const b = await runPod(cluster, "b", { networks: "blue" });
    const before = await bytesOf(cluster, a);
    for (const family of [4, 6] as const) {
      await asPods(cluster, [a, b], "net1", async (pods) => {
        await exchangeStreams(cluster.scope, pods, family, BYTES);
        const sizes = { first: 1, last: 1400, step: 100 };
        const report = await exchangeDatagrams(cluster.scope, pods, family, sizes);
        expect(report).toMatchObject({ lost: [], broken: [], refused: {} });
      });
    }
    const after = await bytesOf(cluster, a);
    expect(after.rx - before.rx).toBeGreaterThan(2 * BYTES);
    expect(after.tx - before.tx).toBeGreaterThan(2 * BYTES);
  },
);

clusterScenario(
  "What pods exchange over their primary network never meets the ring loop",
  {},
  async (cluster) => {
    const a = await runPod(cluster, "a", { networks: "blue" });
    const b = await runPod(cluster, "b", { networks: "blue" });
    const before = await bytesOf(cluster, a);
    await asPods(cluster, [a, b], "eth0", (pods) => exchangeStreams(cluster.scope, pods, 4, BYTES));
    const after = await bytesOf(cluster, a);
    expect(after.rx + after.tx - before.rx - before.tx).toBeLessThan(BYTES / 1000);
  },
);

/** Bytes that the port of a pod's net1 has received from and sent to the pod. */
async function bytesOf({ agent }: Cluster, { sandbox }: RunningPod) {
  const { ports } = await agent.client.counters();
  const port = ports.find(({ attachment }) => attachment === `${sandbox}:net1`);
  const { rx_bytes: rx = 0, tx_bytes: tx = 0 } = port?.counters ?? {};
  return { rx, tx };
}
