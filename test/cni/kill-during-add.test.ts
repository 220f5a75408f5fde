import { expect } from "vitest";
import { callAndDie, expectCleanStart } from "../fixtures/crash.ts";
import type { Lab } from "../fixtures/lab.ts";
import { expectBare, expectNothingLeft, remainsOf } from "../fixtures/leaks.ts";
import { mustReach } from "../fixtures/ping.ts";
import { podOf } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";
import { type CniCall, mustCni } from "../harness/cni-call.ts";

const STEPS = {
  1: "reserve addresses",
  2: "journal begin",
  3: "createVeth",
  4: "configurePod",
  5: "addPort",
  6: "addRoutes",
  7: "journal commit",
} as const;

for (const [step, name] of Object.entries(STEPS)) {
  for (const [when, suffix] of [
    ["before", ""],
    ["after", ".done"],
  ] as const) {
    const failpoint = `add.${step}${suffix}`;
    scenario(
      `kill -9 ${when} step ${step} of ADD (${name}) leaves the attachment finished or gone`,
      {},
      (lab) => dieAt(lab, failpoint),
    );
  }
}

async function dieAt(lab: Lab, failpoint: string): Promise<void> {
  const bystander = await lab.addPod("bystander");
  const { namespace, call } = await lab.preparePod("a");
  await lab.agent.stop();
  await lab.restart({ env: { MILLRACE_FAILPOINT: failpoint } });
  await callAndDie(lab, "ADD", call);
  await lab.restart({});
  await expectCleanStart(lab);
  // Only what the journal has as committed may live on.
  const committed = failpoint === "add.7.done";
  const { attachments, links, addresses } = await remainsOf(lab);
  expect(attachments).toHaveLength(committed ? 2 : 1);
  expect({ links: links.length, addresses }).toEqual(
    committed ? { links: 2, addresses: 4 } : { links: 1, addresses: 2 },
  );
  if (!committed) await expectBare(namespace);
  await expectRetryToWork(lab, call, namespace, bystander);
  await lab.deletePod(bystander);
  await expectBare(namespace);
  await expectNothingLeft(lab);
}

/** What a runtime does after a failed ADD: DEL, then ADD again. */
async function expectRetryToWork(
  lab: Lab,
  call: CniCall,
  namespace: Parameters<typeof podOf>[0]["namespace"],
  bystander: Parameters<typeof mustReach>[0],
): Promise<void> {
  await mustCni("DEL", call);
  const { json } = await mustCni("ADD", call);
  const pod = podOf({ name: "a", namespace, call, result: json });
  await mustReach(pod, bystander);
  await lab.deletePod(pod);
}
