import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CniError } from "../../cni/errors.ts";
import { DRIVERS } from "../../sriov/fixtures/fake-vf-drivers.ts";
import { IGB_KNOBS, machineWith } from "../../sriov/vf/fixture.ts";
import type { Agent } from "./agent.ts";
import { VfNode, vfRequest } from "./vf-fixture.ts";

const VF = "0000:01:10.0";
const OTHER = "0000:01:10.2";

let node: VfNode;
let agent: Agent;
let before: Record<string, unknown>;
beforeEach(async () => {
  node = new VfNode(machineWith(DRIVERS.igb, 3));
  before = node.machine.snapshot();
  agent = await node.startAgent();
});
afterEach(() => node.cleanUp());

async function refusal(attaching: Promise<unknown>): Promise<string> {
  const error = await attaching.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(error instanceof CniError)) throw new Error("it was attached", { cause: error });
  return `${error.code}: ${error.message}: ${error.details}`;
}

describe("a pod that asks for a VF", () => {
  it("gets the one that the kubelet has chosen, with all it asked for, and gives it back", async () => {
    const record = await agent.attacher.attachVf(vfRequest(1, { knobs: IGB_KNOBS }));
    expect(record).toMatchObject({ mode: "vf", podMac: IGB_KNOBS.mac, mtu: 9000, addresses: [] });
    const inPod = node.machine.findNetdev(record.netns, VF);
    expect(inPod).toMatchObject({ name: "net1", mac: IGB_KNOBS.mac, mtu: 9000, up: true });
    await agent.attacher.detach(record.containerId, record.ifname);
    expect(node.machine.snapshot()).toEqual(before);
    expect(agent.view.attachments()).toEqual([]);
  });

  it("is shown with its VF", async () => {
    await agent.attacher.attachVf(vfRequest(1));
    const [shown] = agent.view.attachments();
    expect(shown).toMatchObject({ key: "pod1:net1", state: "attached", hostName: "", port: null });
    expect(shown?.vf).toEqual({
      address: VF,
      pf: "0000:01:00.0",
      index: 0,
      pool: "millrace.io/fast",
    });
  });

  it("gets one of a pool that the kubelet does not know, each pod another", async () => {
    const pick = (n: number) =>
      agent.attacher.attachVf(vfRequest(n, { device: null, pool: "fast" }));
    const [a, b] = await Promise.all([pick(1), pick(2)]);
    expect([a.vf.address, b.vf.address].sort()).toEqual([VF, OTHER]);
    const full = /pool millrace.io\/fast has no free VF: 2 of 2/;
    expect(await refusal(pick(3))).toMatch(new RegExp(`^11: .*${full.source}`));
    // A default network that failed STATUS would cost the node those that have the VFs.
    expect(await agent.attacher.status("", "fast")).toMatchObject({ ready: true });
    expect(await agent.attacher.status("lan", "fast")).toMatchObject({ ready: true });
    const { ready, reason } = await agent.attacher.status("few", "fast");
    expect({ ready, reason }).toEqual({ ready: false, reason: expect.stringMatching(full) });
    await agent.attacher.detach(a.containerId, a.ifname);
    expect(await agent.attacher.status("few", "fast")).toMatchObject({ ready: true });
    expect(await agent.attacher.status("", "slow")).toMatchObject({ ready: false });
  });

  it("asking again for the same gets the same", async () => {
    const record = await agent.attacher.attachVf(vfRequest(1, { knobs: { vlan: 5 } }));
    expect(await agent.attacher.attachVf(vfRequest(1, { knobs: { vlan: 5 } }))).toEqual(record);
    const other = agent.attacher.attachVf(vfRequest(1, { knobs: { vlan: 6 } }));
    expect(await refusal(other)).toMatch(/^4: .*exists: pod1:net1: .*VF 0000:01:10.0/);
  });
});

describe("a VF that cannot be had", () => {
  it.each([
    [
      { device: "0000:09:00.0" },
      /^7: .*deviceID = 0000:09:00.0 is no VF of this node; accepted: one of those in "millrace vf list"$/,
    ],
    [{ device: "0000:01:00.0" }, /^7: .*deviceID = 0000:01:00.0 is no VF of this node/],
    [{ device: null }, /^7: .*no VF is asked for; accepted: deviceID/],
    [
      { device: null, pool: "slow" },
      /^7: .*pool = slow is not configured; accepted: millrace.io\/fast/,
    ],
    [{ network: "blue" }, /^7: network = blue is routed/],
    [{ network: "green" }, /^7: network = green is not in the agent's configuration: .*lan/],
    [{ netns: "/run/netns/none" }, /^8: .*move: VF 0000:01:10.0: namespace \/run\/netns\/none/],
    [{ knobs: { linkState: "enable" as const } }, /^7: .*link_state = enable.*EOPNOTSUPP/],
  ])("is refused in words: %j", async (more, text) => {
    expect(await refusal(agent.attacher.attachVf(vfRequest(1, more)))).toMatch(text);
    expect(node.machine.snapshot()).toEqual(before);
    expect(agent.view.attachments()).toEqual([]);
    await agent.attacher.attachVf(vfRequest(1));
  });

  it("is another pod's, until that one is gone", async () => {
    await agent.attacher.attachVf(vfRequest(1));
    const taken = /^11: .*VF 0000:01:10.0 of pool millrace.io\/fast is pod1:net1's/;
    expect(await refusal(agent.attacher.attachVf(vfRequest(2)))).toMatch(taken);
    await agent.attacher.detach("pod1", "net1");
    await agent.attacher.attachVf(vfRequest(2));
  });

  it("has a MAC that another VF of the PF has", async () => {
    const knobs = { mac: "02:aa:00:00:00:01" };
    await agent.attacher.attachVf(vfRequest(1, { knobs }));
    const twin = agent.attacher.attachVf(vfRequest(2, { device: OTHER, knobs }));
    expect(await refusal(twin)).toMatch(/^7: .*mac = 02:aa:00:00:00:01/);
  });
});

it("a pod whose addresses cannot be set gets nothing, and the VF is as it was", async () => {
  // The other kernel of this test has no such interface.
  const attaching = agent.attacher.attachVf(vfRequest(1, { network: "lan" }));
  expect(await refusal(attaching)).toMatch(/^7: .*configurePod: .*net1/);
  expect(node.machine.snapshot()).toEqual(before);
  expect(agent.view.networks()[0]?.subnets[0]).toMatchObject({ allocated: 0 });
});

it("CHECK names what a pod's VF has no more", async () => {
  const { containerId, ifname, netns } = await agent.attacher.attachVf(
    vfRequest(1, { knobs: { vlan: 5, mtu: 1400 } }),
  );
  const result = { interfaces: [], ips: [], routes: [], dns: {} };
  const expected = { mac: null, mtu: null, addresses: [], result };
  const call = { containerId, ifname, netns, network: "", expected };
  expect(await agent.attacher.check(call)).toEqual([]);
  node.machine.setVf("ens1", 0, { vlan: 0, vlanQoS: 0, vlanProto: "802.1q" });
  expect(await agent.attacher.check(call)).toEqual([
    "vlan = 5, vlanQoS = 0, vlanProto = 802.1q is not set any more",
  ]);
});

it("a VF whose DEL fails is nobody else's until it is as it was", async () => {
  await agent.attacher.attachVf(vfRequest(1, { knobs: { vlan: 5 } }));
  node.vfKernel.failAt(node.vfKernel.calls.length + 4, "refuse");
  const failing = agent.attacher.detach("pod1", "net1");
  expect(await refusal(failing)).toMatch(/^11: cannot detach pod1:net1 completely: giveBack/);
  expect(await refusal(agent.attacher.attachVf(vfRequest(2)))).toMatch(/^11: .*is pod1:net1's/);
  await agent.attacher.detach("pod1", "net1");
  expect(node.machine.snapshot()).toEqual(before);
  await agent.attacher.attachVf(vfRequest(2));
});
