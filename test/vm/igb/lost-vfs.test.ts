import { expect } from "vitest";
import type { VirtualFunction } from "../../../sriov/types.ts";
import { waitFor } from "../../fixtures/wait.ts";
import { must } from "../../harness/run.ts";
import { expectAsBefore, findVf, podLink, stateOf, vfInfo } from "../fixtures/life-cycle.ts";
import { ifnameOf, ifnamesOf, pfsOf, writeDevice } from "../fixtures/pci.ts";
import { agentScenario } from "../fixtures/scenario.ts";
import { expectCleanStart, expectNothingLeft, openVfLab, type VfLab } from "../fixtures/vf-lab.ts";
import type { VfPod } from "../fixtures/vf-plugins.ts";
import { createVfs } from "../fixtures/vfs.ts";

const KEYS = { network: "lan", vlan: 100, mac: "02:00:00:00:00:78", mtu: 1400 };
const MACS = ["52:54:0a:00:00:01"];
const HOME_LIMIT_MS = 20_000;

/** One after the other with as few starts of an agent as can be. */
agentScenario(
  "Whatever becomes of pod, PF and VF, DEL succeeds and the VF is as it was",
  async (scope) => {
    const [pf = ""] = pfsOf("igb");
    const [address = ""] = await createVfs(scope, pf, 1, { macs: MACS });
    const vf = await findVf(address);
    const lab = await openVfLab(scope);
    await podDiesWithAgent(lab, vf);
    await delComesLate(lab, vf);
    await pfGoesDown(lab, vf);
    await vfIsRemoved(lab, vf);
  },
);

/** The runtime's DEL may never come, so the next agent gives the VF back by itself. */
async function podDiesWithAgent(lab: VfLab, vf: VirtualFunction): Promise<void> {
  const before = await stateOf(vf);
  const pod = await attach(lab, "dies", vf);
  await lab.agent.kill();
  await pod.pod.remove();
  await waitFor(
    "the VF",
    () => ifnamesOf(vf.address).length,
    (found) => found === 1,
    HOME_LIMIT_MS,
  );
  await lab.restart();
  await expectCleanStart(lab);
  await expectAsBefore(vf, before);
  await expectNothingLeft(lab);
  await lab.must("DEL", pod);
  await expectAsBefore(vf, before);
}

async function delComesLate(lab: VfLab, vf: VirtualFunction): Promise<void> {
  const before = await stateOf(vf);
  const first = await attach(lab, "first", vf);
  await lab.must("DEL", first);
  const next = await attach(lab, "next", vf, { ...KEYS, vlan: 200 });
  const attached = [await stateOf(vf), await podLink(next.pod)];
  await lab.must("DEL", first);
  expect([await stateOf(vf), await podLink(next.pod)]).toEqual(attached);
  expect(await vfInfo(vf)).toMatchObject({ vlan_list: [{ vlan: 200 }] });
  await lab.must("DEL", next);
  await expectAsBefore(vf, before);
}

async function pfGoesDown(lab: VfLab, vf: VirtualFunction): Promise<void> {
  const before = await stateOf(vf);
  const pod = await attach(lab, "down", vf);
  for (const state of ["down", "up"]) await must("ip", ["link", "set", ifnameOf(vf.pf), state]);
  await lab.must("DEL", pod);
  await expectAsBefore(vf, before);
  const other = await attach(lab, "down-for-long", vf);
  await must("ip", ["link", "set", ifnameOf(vf.pf), "down"]);
  await lab.must("DEL", other);
  await must("ip", ["link", "set", ifnameOf(vf.pf), "up"]);
  await expectAsBefore(vf, before);
  await expectNothingLeft(lab, pod.pod, other.pod);
}

async function vfIsRemoved(lab: VfLab, vf: VirtualFunction): Promise<void> {
  const pod = await attach(lab, "removed", vf);
  await writeDevice(vf.pf, "sriov_numvfs", "0");
  await lab.must("DEL", pod);
  await expectNothingLeft(lab, pod.pod);
  const [address = ""] = await createVfs(lab.scope, vf.pf, 1, { macs: MACS });
  const made = await findVf(address);
  const before = await stateOf(made);
  await lab.must("DEL", await attach(lab, "again", made));
  await expectAsBefore(made, before);
}

async function attach(
  lab: VfLab,
  name: string,
  { address }: VirtualFunction,
  keys: Record<string, unknown> = KEYS,
): Promise<VfPod> {
  const pod = { pod: await lab.addPod(name), vf: address, keys };
  await lab.must("ADD", pod);
  return pod;
}
