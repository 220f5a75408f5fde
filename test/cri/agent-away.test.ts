import { readdirSync } from "node:fs";
import { expect } from "vitest";
import { type CriLab, criScenario, type Sandbox } from "../fixtures/cri.ts";
import { expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { mustReach } from "../fixtures/ping.ts";
import { waitFor } from "../fixtures/wait.ts";

criScenario(
  "A pod that comes while the agent is away is refused, and can come when it is back",
  {},
  async (lab) => {
    await lab.agent.stop();
    await expect(lab.runPod("a")).rejects.toThrow("the millrace agent is not reachable");
    await lab.restart();
    // The kubelet's second attempt.
    const again = { name: "a", uid: "uid-of-a", namespace: "default", attempt: 1 };
    const pod = await lab.runPod("a", { metadata: again });
    await lab.deletePod(pod);
    expect(await lab.containerd.cri.list()).toEqual([]);
    await expectNothingLeft(lab);
  },
);

for (const how of ["stopped", "killed"] as const) {
  criScenario(
    `Sandboxes go while the agent is ${how}, and nothing is left of them when it is back`,
    {},
    async (lab) => {
      const [a, b] = [await lab.runPod("a"), await lab.runPod("b")];
      const stays = await lab.runPod("stays");
      await (how === "stopped" ? lab.agent.stop() : lab.agent.kill());
      for (const pod of [a, b]) await lab.deletePod(pod);
      for (const { id } of [a, b])
        expect(spooled(lab).some((name) => name.includes(id))).toBe(true);
      await lab.restart();
      await expectAttached(lab, [stays]);
      expect(spooled(lab)).toEqual([]);
      await lab.deletePod(stays);
      await expectNothingLeft(lab);
    },
  );
}

criScenario(
  "Pods go on where they were when the agent was killed between their coming and going",
  {},
  async (lab) => {
    const [a, b] = [await lab.runPod("a"), await lab.runPod("b")];
    await lab.agent.kill();
    await lab.restart();
    await mustReach(a, b);
    for (const pod of [a, b]) await lab.deletePod(pod);
    await expectNothingLeft(lab);
  },
);

const spooled = ({ spool }: CriLab): string[] => readdirSync(spool);

async function expectAttached(lab: CriLab, pods: readonly Sandbox[]): Promise<void> {
  const expected = pods.map(({ key }) => `${key} attached`);
  const ask = async () => (await remainsOf(lab)).attachments;
  await waitFor("what was spooled to be done", ask, (keys) => `${keys}` === `${expected}`);
}
