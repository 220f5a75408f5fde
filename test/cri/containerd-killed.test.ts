import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { criScenario } from "../fixtures/cri.ts";
import { expectNothingLeft } from "../fixtures/leaks.ts";
import { mustReach } from "../fixtures/ping.ts";

/** Before, while and after our plugin is called; three sandboxes take some 150 ms. */
const KILLED_AFTER_MS = [20, 60, 100, 140];

criScenario(
  "A containerd that was killed knows its sandboxes again, and they leave as ever",
  {},
  async (lab) => {
    const [a, b] = [await lab.runPod("a"), await lab.runPod("b")];
    const { containerd } = lab;
    await containerd.kill();
    await mustReach(a, b);
    await containerd.start();
    const ids = (await containerd.cri.list()).map(({ id, state }) => `${id} ${state}`);
    expect(ids.sort()).toEqual([a, b].map(({ id }) => `${id} SANDBOX_READY`).sort());
    expect((await containerd.cri.status(a.id)).status.network.ip).toBe(a.ip4);
    for (const pod of [a, b]) await lab.deletePod(pod);
    await expectNothingLeft(lab);
  },
);

criScenario(
  "A sandbox in whose stop containerd died, with the agent away, goes by a second stop",
  {},
  async (lab) => {
    const pod = await lab.runPod("a");
    const { containerd } = lab;
    await lab.agent.kill();
    await Promise.allSettled([containerd.cri.stop(pod.id), containerd.kill()]);
    await containerd.start();
    await lab.restart();
    await lab.deletePod(pod);
    expect(await containerd.cri.list()).toEqual([]);
    await expectNothingLeft(lab);
  },
);

criScenario(
  "Whatever containerd knows of pods in whose start it was killed is all that must be removed",
  {},
  async (lab) => {
    const { containerd } = lab;
    for (const afterMs of KILLED_AFTER_MS) {
      const coming = ["a", "b", "c"].map((name) => lab.runPod(`${name}${afterMs}`));
      const ends = Promise.allSettled(coming);
      await delay(afterMs);
      await containerd.kill();
      await ends;
      await containerd.start();
      for (const { id } of await containerd.cri.list()) {
        await containerd.cri.stop(id);
        await containerd.cri.remove(id);
      }
      expect(await containerd.cri.list()).toEqual([]);
      await expectNothingLeft(lab);
    }
  },
);
