import { expect } from "vitest";
import { until } from "../fixtures/kube-wait.ts";
import { expectNodeClean } from "./fixtures/leaks.ts";
import { createPod, deletePod, eventsOf, runPod, untilRunning } from "./fixtures/pods.ts";
import { clusterScenario } from "./fixtures/scenario.ts";

const networks = "blue";

clusterScenario(
  "A pod that is deleted while the agent is away goes at once, and leaves nothing when it is back",
  {},
  async (cluster) => {
    const stays = await runPod(cluster, "stays", { networks });
    await runPod(cluster, "goes", { networks });
    await cluster.agent.end("SIGKILL");
    await deletePod(cluster, "goes");
    expect(await cluster.node.must("ls", ["/var/lib/millrace/spool"])).not.toBe("");
    await cluster.restartAgent();
    const { attachments } = cluster.agent.client;
    const keys = async () => (await attachments()).map(({ key }) => key);
    await until("the agent has taken it away", keys, (now) => now.length === 1);
    expect(await keys()).toEqual([`${stays.sandbox}:net1`]);
    await stays.must("ping", ["-c", "2", "-W", "2", "10.81.1.1"]);
    await deletePod(cluster, "stays");
    await expectNodeClean(cluster);
  },
);

clusterScenario(
  "A pod that is created while the agent is away runs once it is back",
  {},
  async (cluster) => {
    await cluster.agent.end("SIGKILL");
    await createPod(cluster, "a", { networks });
    const said = async () => (await eventsOf(cluster, "a")).join("\n");
    const failed = (events: string) => events.includes("FailedCreatePodSandBox");
    expect(await until("the kubelet was refused", said, failed)).toContain("agent");
    await cluster.restartAgent();
    await untilRunning(cluster, "a");
    await deletePod(cluster, "a");
    await expectNodeClean(cluster);
  },
);

clusterScenario(
  "An agent that dies in the middle of an ADD leaves nothing of it",
  { env: { MILLRACE_FAILPOINT: "add.3.done" } },
  async (cluster) => {
    await createPod(cluster, "a", { networks });
    await until(
      "the agent has died",
      () => cluster.agent.running(),
      (running) => !running,
    );
    await cluster.restartAgent();
    await untilRunning(cluster, "a");
    expect(await cluster.agent.client.attachments()).toHaveLength(1);
    await deletePod(cluster, "a");
    await expectNodeClean(cluster);
  },
);
