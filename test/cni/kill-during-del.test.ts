import { expect } from "vitest";
import { callAndDie, expectCleanStart, waitForDeath } from "../fixtures/crash.ts";
import type { Lab } from "../fixtures/lab.ts";
import { NETWORKS } from "../fixtures/lab.ts";
import { expectBare, expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { mustReach, mustReachGateway } from "../fixtures/ping.ts";
import { scenario } from "../fixtures/scenario.ts";
import { spawnAgent } from "../harness/agent-process.ts";
import { mustCni } from "../harness/cni-call.ts";

const STEPS = {
  1: "journal removing",
  2: "removeRoutes",
  3: "removePort",
  4: "deleteLink",
  5: "journal removed",
} as const;

for (const [step, name] of Object.entries(STEPS)) {
  for (const [when, suffix] of [
    ["before", ""],
    ["after", ".done"],
  ] as const) {
    scenario(
      `kill -9 ${when} step ${step} of DEL (${name}) leaves nothing after the next start and DEL`,
      {},
      (lab) => dieInDel(lab, `del.${step}${suffix}`),
    );
    scenario(
      `kill -9 ${when} step ${step} of undoing a half-done ADD (${name}) leaves nothing either`,
      {},
      (lab) => dieInUndo(lab, `del.${step}${suffix}`),
    );
  }
}

async function dieInDel(lab: Lab, failpoint: string): Promise<void> {
  const bystander = await lab.addPod("bystander");
  const pod = await lab.addPod("a");
  await lab.agent.stop();
  await lab.restart({ env: { MILLRACE_FAILPOINT: failpoint } });
  await callAndDie(lab, "DEL", pod.call);
  await lab.restart({});
  await expectCleanStart(lab);
  const { attachments } = await remainsOf(lab);
  // Before the journal has it, the DEL has not begun.
  const untouched = failpoint === "del.1";
  expect(attachments).toHaveLength(untouched ? 2 : 1);
  if (untouched) await mustReach(pod, bystander);
  else await expectBare(pod.namespace);
  await mustCni("DEL", pod.call);
  await expectBare(pod.namespace);
  await mustReachGateway(bystander);
  await lab.deletePod(bystander);
  await expectNothingLeft(lab);
}

async function dieInUndo(lab: Lab, failpoint: string): Promise<void> {
  const { namespace, call } = await lab.preparePod("a");
  await lab.agent.stop();
  await lab.restart({ env: { MILLRACE_FAILPOINT: "add.6.done" } });
  await callAndDie(lab, "ADD", call);
  lab.agent = spawnAgent(lab.scope, {
    namespace: lab.node,
    config: { networks: NETWORKS },
    env: { MILLRACE_FAILPOINT: failpoint },
  });
  await waitForDeath(lab);
  await lab.restart({});
  await expectCleanStart(lab);
  await expectBare(namespace);
  await expectNothingLeft(lab);
  await mustCni("DEL", call);
}
