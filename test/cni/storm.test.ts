import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { expectCleanStart } from "../fixtures/crash.ts";
import type { Lab } from "../fixtures/lab.ts";
import { expectNothingLeft } from "../fixtures/leaks.ts";
import { mustReachGateway } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { storm } from "../fixtures/storm.ts";
import { waitFor } from "../fixtures/wait.ts";

const PODS = 200;
const PARALLEL = 20;
const KILLS = 5;
/** Of all pods: a single one of 200 would be too many. */
const ATTACHED = 0.999;

scenario(
  `${PODS} pods, ${PARALLEL} at a time, with the agent killed ${KILLS} times: all come, nothing stays`,
  { timeoutMs: 90_000 },
  async (lab) => {
    const killer = killAt(lab);
    const report = await storm(lab.scope, {
      ...{ pods: PODS, parallel: PARALLEL, onPod: killer.onPod },
      callOf: (containerId, netns) => {
        const { socket } = lab.agent;
        return { socket, network: "blue", containerId, netns, signal: lab.scope.signal };
      },
    });
    expect(await killer.kills()).toBe(KILLS);
    expect(report.failures).toEqual([]);
    expect(report.attached / PODS).toBeGreaterThanOrEqual(ATTACHED);
    expect(report.detached).toBe(report.attached);
    expect(report.shared).toEqual([]);
    expect(report.repeated, "calls that met no agent").toBeGreaterThan(0);
    await expectEmptySpool(lab);
    await expectCleanStart(lab);
    await expectNothingLeft(lab);
    await mustReachGateway(await lab.addPod("later"));
  },
);

/** Kills the agent whenever another share of the pods is done, and starts it again. */
function killAt(lab: Lab): { onPod: (done: number) => void; kills: () => Promise<number> } {
  const due = Array.from({ length: KILLS }, (_, kill) => ((kill + 1) * PODS) / (KILLS + 1));
  let count = 0;
  let last: Promise<unknown> = Promise.resolve();
  const killOnce = async () => {
    await lab.agent.kill();
    await lab.restart();
    count++;
  };
  return {
    onPod(done) {
      if (done < (due[0] ?? Number.POSITIVE_INFINITY)) return;
      due.shift();
      last = last.then(killOnce);
      last.catch(() => {}); // awaited at the end
    },
    async kills() {
      await last;
      return count;
    },
  };
}

async function expectEmptySpool({ agent }: Lab): Promise<void> {
  const spool = join(agent.stateDir, "spool");
  await waitFor(
    "the spool to be empty",
    () => (existsSync(spool) ? readdirSync(spool) : []),
    (files) => files.length === 0,
  );
}
