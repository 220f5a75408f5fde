import { expect } from "vitest";
import { exchangeStreams } from "../fixtures/sockets.ts";
import { asPods } from "./fixtures/as-pods.ts";
import { expectNodeClean } from "./fixtures/leaks.ts";
import { deletePod, runPod } from "./fixtures/pods.ts";
import { clusterScenario } from "./fixtures/scenario.ts";

/** As deploy/values/default-network.yaml has it, for a cluster of one node. */
const PODS = { name: "pods", nodePrefixes: "podCIDRs", routes: ["0.0.0.0/0"] };
const BYTES = 20_000_000;

clusterScenario(
  "As the only CNI, it gives pods addresses of their node's podCIDRs and joins them",
  { primary: "millrace", config: { networks: [PODS] } },
  async (cluster) => {
    const pods = [await runPod(cluster, "a"), await runPod(cluster, "b")] as const;
    expect(pods.map(({ podIP }) => podIP)).toEqual(["10.244.1.2", "10.244.1.3"]);
    await asPods(cluster, pods, "eth0", (both) => exchangeStreams(cluster.scope, both, 4, BYTES));
    for (const { name } of pods) await deletePod(cluster, name);
    await expectNodeClean(cluster, []);
  },
);
