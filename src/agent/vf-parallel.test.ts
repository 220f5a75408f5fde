import { afterEach, beforeEach, expect, it } from "vitest";
import { DRIVERS } from "../../sriov/fixtures/fake-vf-drivers.ts";
import { ALL_KNOBS, machineWith } from "../../sriov/vf/fixture.ts";
import { VfNode, vfRequest } from "./vf-fixture.ts";

const PODS = 100;

let node: VfNode;
beforeEach(() => {
  node = new VfNode(machineWith(DRIVERS.ice, 32));
});
afterEach(() => node.cleanUp());

it("100 ADDs at once for 64 VFs give each to one pod, 100 DELs leave all as they were", async () => {
  const before = node.machine.snapshot();
  const { attacher, view } = await node.startAgent();
  const devices = [...node.machine.vfs.keys()];
  expect(devices).toHaveLength(64);
  const pods = Array.from({ length: PODS }, (_, n) => n);
  const add = (n: number) => {
    const device = devices[n % devices.length] ?? "";
    const knobs = { ...ALL_KNOBS, mac: `02:aa:00:00:00:${n.toString(16).padStart(2, "0")}` };
    return attacher.attachVf(vfRequest(n, { device, knobs }));
  };
  for (let round = 0; round < 3; round++) {
    const added = await Promise.allSettled(pods.map(add));
    expect(added.filter(({ status }) => status === "fulfilled")).toHaveLength(64);
    const refusals = added.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []));
    expect(new Set(refusals)).toEqual(new Set([11]));
    expect(new Set(view.attachments().map(({ vf }) => vf?.address)).size).toBe(64);
    await Promise.all(pods.map((n) => attacher.detach(`pod${n}`, "net1")));
    expect(node.machine.snapshot()).toEqual(before);
    expect(view.attachments()).toEqual([]);
  }
});

it("ADD and DEL of one pod called at once end in one state or the other", async () => {
  const before = node.machine.snapshot();
  const { attacher, view } = await node.startAgent();
  for (let round = 0; round < 20; round++) {
    const adding = attacher.attachVf(vfRequest(1)).catch(() => {});
    await Promise.all([adding, attacher.detach("pod1", "net1")]);
    const there = node.machine.findNetdev("/run/netns/pod1", "0000:01:10.0") !== null;
    expect(view.attachments()).toHaveLength(there ? 1 : 0);
    await attacher.detach("pod1", "net1");
    expect(node.machine.snapshot()).toEqual(before);
  }
});
