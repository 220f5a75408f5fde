import { statSync } from "node:fs";
import { expect } from "vitest";
import { until } from "../fixtures/kube-wait.ts";
import { waitFor } from "../fixtures/wait.ts";
import type { Cluster } from "./fixtures/cluster.ts";
import { addFakeNic, RESOURCE, SRIOV } from "./fixtures/fake-nic.ts";
import { KUBELET_SOCKET } from "./fixtures/kubelet.ts";
import { networkOf, PODS, runPod } from "./fixtures/pods.ts";
import { clusterScenario } from "./fixtures/scenario.ts";

const options = { prepare: addFakeNic, config: { sriov: SRIOV } };
const REGISTERED = "device plugin: registered with the kubelet";
/** Of docs/operations.md. */
const LIMIT_MS = 1000;

clusterScenario(
  "The device plugin registers within a second when a kubelet comes back, and pods stay",
  options,
  async (cluster) => {
    await until(
      "the pool is registered",
      () => registrations(cluster),
      (count) => count === 1,
    );
    const pod = await runPod(cluster, "a", { networks: "blue" });
    await cluster.kubelet.end("SIGKILL");
    const before = socketOf(cluster);
    await cluster.restartKubelet();
    await until(
      "the kubelet listens",
      () => socketOf(cluster),
      (now) => now !== "" && now !== before,
    );
    const seen = performance.now();
    const count = () => registrations(cluster);
    await waitFor("the pool is registered again", count, (now) => now > 1, LIMIT_MS);
    console.log(`registered ${Math.round(performance.now() - seen)} ms after the kubelet's socket`);
    const { status } = await cluster.kube.api.request("GET", `${PODS}/a`);
    expect(status.containerStatuses).toMatchObject([
      { containerID: pod.container, restartCount: 0 },
    ]);
    expect(status.podIP).toBe(networkOf(pod, "eth0").ips[0]);
    await pod.must("ping", ["-c", "2", "-W", "2", "10.81.1.1"]);
    await runPod(cluster, "b", { resources: { [RESOURCE]: "1" } });
  },
);

const registrations = ({ agent }: Cluster): number => agent.log().split(REGISTERED).length - 1;

/** Tells one socket of the kubelet from the next; "" while there is none. */
function socketOf({ node }: Cluster): string {
  const found = statSync(node.path(KUBELET_SOCKET), { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.ino} ${found.birthtimeMs}`;
}
