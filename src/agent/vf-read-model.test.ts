import { afterEach, beforeEach, expect, it } from "vitest";
import { DRIVERS } from "../../sriov/fixtures/fake-vf-drivers.ts";
import { machineWith } from "../../sriov/vf/fixture.ts";
import { listVfs, releaseVf, showVf } from "../api/vfs.ts";
import type { Agent } from "./agent.ts";
import { VfNode, vfRequest } from "./vf-fixture.ts";

const VF = "0000:01:10.0";
const ask = (vf: string) => new URLSearchParams({ vf });

let node: VfNode;
let agent: Agent;
beforeEach(async () => {
  node = new VfNode(machineWith(DRIVERS.igb, 2));
  agent = await node.startAgent();
});
afterEach(() => node.cleanUp());

const statesOf = async () =>
  JSON.parse((await listVfs(agent.vfs)).body).map(
    ({ address, state, attachment }: Record<string, string>) => `${address} ${state} ${attachment}`,
  );

it("every VF is shown with who has it", async () => {
  await agent.attacher.attachVf(vfRequest(1));
  node.machine.destroyVf("0000:02:10.0");
  await agent.vfs.show(VF);
  expect(await statesOf()).toEqual([
    "0000:01:10.0 used pod1:net1",
    "0000:01:10.2 free ",
    "0000:02:10.2 free ",
  ]);
  expect(agent.vfs.pools()).toEqual(["millrace.io/fast"]);
});

it("one VF is shown with what the kernel says now and what is given back", async () => {
  await agent.attacher.attachVf(vfRequest(1, { knobs: { vlan: 7, mtu: 1400 } }));
  const shown = JSON.parse((await showVf(agent.vfs, "", ask(VF.toUpperCase()))).body);
  expect(shown).toMatchObject({
    ...{ attachment: "pod1:net1", netns: "/run/netns/pod1", pool: "millrace.io/fast" },
    settings: { vlan: 7 },
    netdev: { name: "net1", mtu: 1400 },
    attached: { knobs: { vlan: 7 }, original: { settings: { vlan: 0 }, netdev: { mtu: 1500 } } },
  });
});

it("a VF is released by hand, and the next pod has it", async () => {
  const before = node.machine.snapshot();
  await agent.attacher.attachVf(vfRequest(1, { knobs: { vlan: 7 } }));
  const answer = await releaseVf(agent.vfs, JSON.stringify({ vf: VF }));
  expect(JSON.parse(answer.body)).toEqual({ vf: VF, attachment: "pod1:net1" });
  expect(node.machine.snapshot()).toEqual(before);
  const again = releaseVf(agent.vfs, JSON.stringify({ vf: VF }));
  await expect(again).rejects.toThrow(`vf = ${VF}: no attachment has it`);
  await agent.attacher.attachVf(vfRequest(2));
});

it("what is no VF is refused in words", async () => {
  await expect(showVf(agent.vfs, "", ask("0000:07:00.0"))).rejects.toThrow(
    "vf = 0000:07:00.0: no such VF; there is 0000:01:10.0, ",
  );
  await expect(showVf(agent.vfs, "", ask("ens1"))).rejects.toThrow("the PCI address of a VF");
});

it("a VF that was given back rests for its cooldown", async () => {
  await agent.stop();
  agent = await node.startAgent("reuseCooldown: 60");
  await agent.attacher.attachVf(vfRequest(1));
  await agent.attacher.detach("pod1", "net1");
  expect((await statesOf())[0]).toBe("0000:01:10.0 cooling ");
});
