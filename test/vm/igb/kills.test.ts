import { expect } from "vitest";
import type { VirtualFunction } from "../../../sriov/types.ts";
import { must } from "../../harness/run.ts";
import type { Scope } from "../../harness/scope.ts";
import { expectAsBefore, findVf, stateOf } from "../fixtures/life-cycle.ts";
import { ifnameOf, pfsOf } from "../fixtures/pci.ts";
import { agentScenario } from "../fixtures/scenario.ts";
import {
  callAndDie,
  expectCleanStart,
  expectNothingLeft,
  openVfLab,
  untilDead,
  type VfLab,
} from "../fixtures/vf-lab.ts";
import type { VfPod } from "../fixtures/vf-plugins.ts";
import { createVfs } from "../fixtures/vfs.ts";

type State = Awaited<ReturnType<typeof stateOf>>;

const KEYS = { network: "lan", vlan: 100, mac: "02:00:00:00:00:78", mtu: 1400 };

const failpoint = (name: string) => ({ MILLRACE_FAILPOINT: name });

/** What a kill at a failpoint leaves is what the next agent finds, which then dies itself. */
agentScenario(
  "kill -9 after any step of ADD: the VF is as it was, nothing is left",
  async (scope) => {
    const { vf, before } = await oneVf(scope);
    const lab = await openVfLab(scope, failpoint("add.1.done"));
    const pod = { pod: await lab.addPod("pod"), vf: vf.address, keys: KEYS };
    const steps = await dieAtEachStep(lab, pod, async () => {
      await expectRestored(lab, vf, before, pod);
    });
    // Plan, journal, quiesce, vlan and mac of the PF, mac, move, mtu, up, readBack, addresses.
    expect(steps).toBe(11);
    await lab.must("DEL", pod);
    await expectAsBefore(vf, before);
  },
);

agentScenario("kill -9 around the commit of ADD: all or nothing", async (scope) => {
  const { vf, before } = await oneVf(scope);
  const lab = await openVfLab(scope, failpoint("add.commit"));
  const pod = { pod: await lab.addPod("pod"), vf: vf.address, keys: KEYS };
  await callAndDie(lab, "ADD", pod);
  await lab.restart(failpoint("add.commit.done"));
  await expectRestored(lab, vf, before, pod);
  await callAndDie(lab, "ADD", pod);
  await lab.restart();
  await expectCleanStart(lab);
  expect(await lab.attachments()).toMatchObject([
    { state: "attached", vf: { address: vf.address } },
  ]);
  // The runtime does not know of it: it has no result, and deletes what it is not sure of.
  await lab.must("DEL", pod);
  await expectAsBefore(vf, before);
  await expectNothingLeft(lab, pod.pod);
});

agentScenario("kill -9 at any step of DEL: the VF is given back all the same", async (scope) => {
  const { vf, before } = await oneVf(scope);
  const lab = await openVfLab(scope, failpoint("del.1"));
  const pod = { pod: await lab.addPod("pod"), vf: vf.address, keys: KEYS };
  const { json: result } = await lab.must("ADD", pod);
  await callAndDie(lab, "DEL", pod);
  await lab.restart(failpoint("del.1.done"));
  await expectCleanStart(lab);
  const check = { ...pod, keys: { ...KEYS, prevResult: result } };
  expect((await lab.must("CHECK", check)).stdout, "before DEL began").toBe("");
  await callAndDie(lab, "DEL", pod);
  // DEL is gone on with at the start, where the agent dies again.
  await lab.startAndDie(failpoint("del.2.done"));
  await lab.startAndDie(failpoint("del.3.done"));
  await lab.restart();
  await expectRestored(lab, vf, before, pod);
});

/**
 * ADD again and again, each time the agent dies after the next step, until there is no such step.
 * Between `add.3.done` and `add.4` only the name of a step goes to the journal, by which nothing
 * is decided.
 * @param isRestored looks at what the next agent has made of it
 * @returns number of steps
 */
async function dieAtEachStep(
  lab: VfLab,
  pod: VfPod,
  isRestored: () => Promise<void>,
): Promise<number> {
  for (let step = 1; ; step++) {
    const { exitCode } = await lab.call("ADD", pod);
    if (exitCode === 0) return step - 1;
    await untilDead(lab.agent);
    await lab.restart(failpoint(`add.${step + 1}.done`));
    await isRestored();
  }
}

async function expectRestored(
  lab: VfLab,
  vf: VirtualFunction,
  before: State,
  pod: VfPod,
): Promise<void> {
  await expectCleanStart(lab);
  await expectAsBefore(vf, before);
  await expectNothingLeft(lab, pod.pod);
  await lab.must("DEL", pod);
  await expectAsBefore(vf, before);
}

/** A VF whose link is up on the node. */
async function oneVf(scope: Scope): Promise<{ vf: VirtualFunction; before: State }> {
  const [pf = ""] = pfsOf("igb");
  const [address = ""] = await createVfs(scope, pf, 1, { macs: ["52:54:0a:00:00:01"] });
  await must("ip", ["link", "set", ifnameOf(address), "up"]);
  const vf = await findVf(address);
  return { vf, before: await stateOf(vf) };
}
