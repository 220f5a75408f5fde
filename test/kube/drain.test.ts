import { expect } from "vitest";
import { NODE_NAME } from "./fixtures/kubelet.ts";
import { expectNodeClean } from "./fixtures/leaks.ts";
import { networkOf, PODS, runPod, untilGone } from "./fixtures/pods.ts";
import { clusterScenario } from "./fixtures/scenario.ts";

const NAMES = ["a", "b", "c", "d", "e", "f"];

clusterScenario("A node that is drained has nothing left of its pods", {}, async (cluster) => {
  const networks = "blue,lan";
  const pods = await Promise.all(NAMES.map((name) => runPod(cluster, name, { networks })));
  const addresses = pods.flatMap((pod) => networkOf(pod, "net1").ips);
  expect(new Set(addresses).size).toBe(2 * NAMES.length);
  const { api } = cluster.kube;
  await api.request("PATCH", `/api/v1/nodes/${NODE_NAME}`, { spec: { unschedulable: true } });
  const eviction = { apiVersion: "policy/v1", kind: "Eviction" };
  for (const name of NAMES) {
    await api.request("POST", `${PODS}/${name}/eviction`, { ...eviction, metadata: { name } });
  }
  for (const name of NAMES) await untilGone(cluster, name);
  await expectNodeClean(cluster);
});
