import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { VirtualFunction } from "../../../sriov/types.ts";
import { expectAsBefore, findVf, stateOf } from "../fixtures/life-cycle.ts";
import { pfsOf } from "../fixtures/pci.ts";
import { expectNothingLeft, sharedVfLab, type VfLab } from "../fixtures/vf-lab.ts";
import type { VfPod } from "../fixtures/vf-plugins.ts";
import { createVfs } from "../fixtures/vfs.ts";

const vfScenario = sharedVfLab();

const MACS = ["52:54:0a:00:00:01", "52:54:0a:00:00:02"];
const MAC = "02:00:00:00:00:78";

vfScenario(
  "A knob that igb refuses is named with the words of its driver, and nothing has changed",
  async (lab) => {
    const [vf] = await twoVfs(lab);
    const refusals: [Record<string, unknown>, string, string][] = [
      [{ link_state: "enable" }, "link_state = enable", "EOPNOTSUPP"],
      [{ min_tx_rate: 10, max_tx_rate: 100 }, "min_tx_rate = 10", "EINVAL"],
      [{ vlan: 5, vlanProto: "802.1ad" }, "vlanProto = 802.1ad", "EPROTONOSUPPORT"],
    ];
    for (const [keys, knob, errno] of refusals) {
      const asked = { network: "lan", vlan: 5, mac: MAC, mtu: 1400, ...keys };
      const { json } = await expectRefused(lab, vf, { keys: asked });
      expect(json.code, knob).toBe(7);
      expect(`${json.msg}: ${json.details}`).toMatch(
        new RegExp(`${knob}.*PF .* refuses.*${errno}`),
      );
    }
  },
);

vfScenario("A deviceID that is no VF is refused: an unknown one, and PFs", async (lab) => {
  const [vf] = await twoVfs(lab);
  for (const deviceID of ["0000:7f:00.0", ...pfsOf("igb")]) {
    const { json } = await expectRefused(lab, vf, { keys: { deviceID } });
    expect(json.code).toBe(7);
    expect(json.details).toContain(`deviceID = ${deviceID} is no VF of this node`);
  }
});

vfScenario("A VF that another attachment has is to be tried again later", async (lab) => {
  const [vf] = await twoVfs(lab);
  const holder = { pod: await lab.addPod("holder"), vf: vf.address };
  await lab.must("ADD", holder);
  const { json } = await lab.call("ADD", { ...holder, pod: await lab.addPod("late") });
  expect(json.code).toBe(11);
  expect(json.details).toContain(`VF ${vf.address}`);
  expect(json.details).toContain(`${holder.pod.name}:net1`);
  expect(await lab.attachments()).toHaveLength(1);
  await lab.must("DEL", holder);
});

vfScenario("A CNI_NETNS that is no pod's is refused", async (lab) => {
  const [vf] = await twoVfs(lab);
  const file = join(lab.scope.dir, "file");
  writeFileSync(file, "");
  const wrong = {
    "/run/netns/none": "ENOENT",
    [file]: "is not",
    "/run/netns/guest": "of the node",
  };
  for (const [path, words] of Object.entries(wrong)) {
    const { json } = await expectRefused(lab, vf, {}, path);
    expect([json.code, json.msg]).toEqual([8, expect.stringContaining(`CNI_NETNS = ${path}`)]);
    expect(json.msg).toContain(words);
  }
});

vfScenario("A MAC that a VF of the PF has, or the PF itself, is refused", async (lab) => {
  const [vf] = await twoVfs(lab);
  const taken = { [MACS[1] ?? ""]: "VF 1 of PF", "52:54:00:01:00:01": "has it itself" };
  for (const [mac, words] of Object.entries(taken)) {
    const { json } = await expectRefused(lab, vf, { keys: { mac } });
    expect(json.code).toBe(7);
    expect(json.details).toMatch(new RegExp(`mac = ${mac}: .*${words}`));
  }
});

vfScenario("A MAC that another pod has asked for is refused", async (lab) => {
  const [vf, other] = await twoVfs(lab);
  const holder = { pod: await lab.addPod("holder"), vf: other.address, keys: { mac: MAC } };
  await lab.must("ADD", holder);
  const late = { pod: await lab.addPod("late"), vf: vf.address, keys: { mac: MAC } };
  const before = await stateOf(vf);
  const { json } = await lab.call("ADD", late);
  expect([json.code, json.details]).toEqual([7, expect.stringContaining(`mac = ${MAC}`)]);
  await expectAsBefore(vf, before);
  await lab.must("DEL", holder);
});

vfScenario("An interface name that the pod has already is refused", async (lab) => {
  const [vf, other] = await twoVfs(lab);
  const holder = { pod: await lab.addPod("pod"), vf: other.address };
  await lab.must("ADD", holder);
  const before = await stateOf(vf);
  const again = { ...holder.pod, name: `${holder.pod.name}-again` };
  const keys = { vlan: 7, mac: MAC };
  const { json } = await lab.call("ADD", { pod: again, vf: vf.address, keys });
  expect([json.code, json.details]).toEqual([7, expect.stringMatching(/ifname = net1.*EEXIST/)]);
  await expectAsBefore(vf, before);
  expect((await holder.pod.links()).map(({ ifname }) => ifname)).toEqual(["lo", "net1"]);
  await lab.must("DEL", holder);
});

async function twoVfs({ scope }: VfLab): Promise<[VirtualFunction, VirtualFunction]> {
  const [pf = ""] = pfsOf("igb");
  const [first = "", second = ""] = await createVfs(scope, pf, 2, { macs: MACS });
  return [await findVf(first), await findVf(second)];
}

/** ADD fails, and everything is as it was. */
async function expectRefused(
  lab: VfLab,
  vf: VirtualFunction,
  asked: Pick<VfPod, "keys">,
  path?: string,
) {
  const pod = await lab.addPod("pod");
  const before = await stateOf(vf);
  const call = { pod: { ...pod, path: path ?? pod.path }, vf: vf.address, ...asked };
  const answer = await lab.call("ADD", call);
  expect(answer.exitCode, JSON.stringify(asked)).toBe(1);
  await expectAsBefore(vf, before);
  await expectNothingLeft(lab, pod);
  await lab.must("DEL", call);
  await pod.remove();
  return answer;
}
