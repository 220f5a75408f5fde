import { afterEach, beforeEach, expect, it } from "vitest";
import { DRIVERS } from "../../sriov/fixtures/fake-vf-drivers.ts";
import { IGB_KNOBS, machineWith } from "../../sriov/vf/fixture.ts";
import { passingName } from "../../sriov/vf/record.ts";
import { VfNode, vfRequest } from "./vf-fixture.ts";

const VF = "0000:01:10.0";

let node: VfNode;
let before: Record<string, unknown>;
beforeEach(() => {
  node = new VfNode(machineWith(DRIVERS.igb, 2));
  before = node.machine.snapshot();
});
afterEach(() => node.cleanUp());

/** An agent that has attached a VF dies; the next one starts after `meanwhile`. */
async function restartAfter(meanwhile: (netns: string) => void) {
  const { attacher } = await node.startAgent();
  const { netns } = await attacher.attachVf(vfRequest(1, { knobs: IGB_KNOBS }));
  node.crash();
  meanwhile(netns);
  return await node.startAgent();
}

it("an agent that is killed at any call of ADD or DEL leaves a VF that comes back as it was", async () => {
  let ended = false;
  let n = 0;
  while (!ended) {
    const { attacher } = await node.startAgent();
    const halted = node.haltAt(++n);
    const working = attacher
      .attachVf(vfRequest(1, { knobs: IGB_KNOBS }))
      .then(() => attacher.detach("pod1", "net1"))
      .then(() => {
        ended = true;
      });
    await Promise.race([halted, working]);
    node.crash();
    const next = await node.startAgent();
    await next.attacher.detach("pod1", "net1");
    expect(node.machine.snapshot(), `killed at call ${n}`).toEqual(before);
    expect(next.view.attachments()).toEqual([]);
    await next.stop();
  }
  expect(n).toBeGreaterThan(20);
});

it("a pod keeps its VF over a restart, and nobody else gets it", async () => {
  const agent = await restartAfter(() => {});
  const other = agent.attacher.attachVf(vfRequest(2));
  await expect(other).rejects.toMatchObject({ details: expect.stringContaining("pod1:net1's") });
  await agent.attacher.detach("pod1", "net1");
  expect(node.machine.snapshot()).toEqual(before);
});

it("a VF whose pod died while the agent was away is given back at its start", async () => {
  const agent = await restartAfter((netns) => node.machine.killNamespace(netns));
  expect(node.machine.snapshot()).toEqual(before);
  expect(agent.view.status().reconcile).toMatchObject({ released: 1, failures: [] });
});

it("a VF of another boot is not touched", async () => {
  const agent = await restartAfter((netns) => {
    node.bootId = "boot-2";
    node.machine.killNamespace(netns);
  });
  expect(agent.view.attachments()).toEqual([]);
  expect(node.machine.findNetdev("", VF)).toMatchObject({ mtu: 9000 });
});

it("settings that a reset of the PF took are set again", async () => {
  const agent = await restartAfter(() =>
    node.machine.setVf("ens1", 0, { vlan: 0, vlanQoS: 0, vlanProto: "802.1q" }),
  );
  expect(node.machine.listVfSettings("ens1")[0]).toMatchObject({ vlan: 100, vlanQoS: 3 });
  expect(agent.view.status().reconcile).toMatchObject({ restored: 1 });
});

it("a VF on its way whose record is lost is named with the remedy", async () => {
  const vf = node.machine.findNetdev("", VF);
  node.machine.setNetdev("", vf?.ifindex ?? 0, { name: passingName(VF) });
  const agent = await node.startAgent();
  const { failures } = agent.view.status().reconcile ?? {};
  expect(failures).toEqual([
    expect.stringMatching(/^VF 0000:01:10.0 was on its way.*ip -d link show mv/),
  ]);
});

it("a VF that was destroyed under its pod is lost until DEL", async () => {
  const agent = await restartAfter(() => node.machine.destroyVf(VF));
  expect(agent.view.attachments()).toMatchObject([{ state: "lost" }]);
  await agent.attacher.detach("pod1", "net1");
  expect(agent.view.attachments()).toEqual([]);
});
