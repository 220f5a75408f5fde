import { describe, expect, it } from "vitest";
import { DRIVERS } from "../fixtures/fake-vf-drivers.ts";
import type { FakeVfMachine } from "../fixtures/fake-vf-machine.ts";
import {
  ALL_KNOBS,
  agentOn,
  attach,
  BOOT,
  detach,
  IGB_KNOBS,
  machineWith,
  POD,
  VF,
  wishFor,
} from "./fixture.ts";
import { giveBack } from "./give-back.ts";
import type { VfKnobs } from "./knobs.ts";

async function attached(driver = DRIVERS.ice, knobs: VfKnobs = ALL_KNOBS, more = {}) {
  const machine = machineWith(driver);
  const before = machine.snapshot();
  const record = await attach(agentOn(machine).parts, wishFor(machine, { knobs, ...more }));
  return { machine, before, record };
}

const netdevOf = (machine: FakeVfMachine) => machine.vfs.get(VF)?.netdev;

describe("giving a VF back", () => {
  it("makes every field what it was, and says what differed", async () => {
    const { machine, before, record } = await attached();
    const { outcome, restored, lostAltNames } = await detach(agentOn(machine).parts, record);
    expect(machine.snapshot()).toEqual(before);
    expect(outcome).toBe("given back");
    expect(lostAltNames).toEqual([]);
    expect(restored.toSorted()).toEqual([
      "allmulti = off",
      "link_state = auto",
      "mac = 00:00:00:00:00:00",
      "mac = 02:00:00:01:00:00",
      "min_tx_rate = 0, max_tx_rate = 0",
      "mtu = 1500",
      "promisc = off",
      "spoofchk = on",
      "trust = off",
      "vlan = 0, vlanQoS = 0, vlanProto = 802.1q",
    ]);
  });

  it("takes the VF from the pod before it takes the PF's hand off it", async () => {
    const { machine, record } = await attached();
    const agent = agentOn(machine);
    await detach(agent.parts, record);
    const changes = agent.calls.filter((call) => /^(set|move)/.test(call));
    expect(changes[0]).toBe("moveNetdev to ");
    expect(changes[1]).toBe("setVf ens1 0 vlan");
  });

  it("finds the VF in the node's namespace when the pod's is gone, under the pod's name", async () => {
    const { machine, before, record } = await attached();
    machine.killNamespace(POD);
    expect(netdevOf(machine)).toMatchObject({ name: "net1", mtu: 9000, netns: "" });
    expect((await detach(agentOn(machine).parts, record)).outcome).toBe("given back");
    expect(machine.snapshot()).toEqual(before);
  });

  it("finds it under a name that the kernel made up, because the pod's was taken", async () => {
    const { machine, before, record } = await attached();
    machine.namespaces.get("")?.add("net1");
    machine.killNamespace(POD);
    expect(netdevOf(machine)?.name).toMatch(/^dev\d+$/);
    await detach(agentOn(machine).parts, record);
    expect(machine.snapshot()).toEqual(before);
  });

  it("waits for it for two seconds while the kernel takes the namespace down", async () => {
    const { machine, before, record } = await attached();
    machine.killNamespace(POD, 19);
    await detach(agentOn(machine).parts, record);
    expect(machine.snapshot()).toEqual(before);
    const slow = await attached();
    slow.machine.killNamespace(POD, 21);
    const first = detach(agentOn(slow.machine).parts, slow.record);
    await expect(first).rejects.toThrow(`netdev: it is neither here nor in ${POD}`);
    await detach(agentOn(slow.machine).parts, slow.record);
    expect(slow.machine.snapshot()).toEqual(slow.before);
  });

  it("says which alternative names the end of the namespace has taken from it", async () => {
    const { machine, record } = await attached();
    machine.namespaces.get("")?.add("enp01s10v0");
    machine.killNamespace(POD);
    const { outcome, lostAltNames } = await detach(agentOn(machine).parts, record);
    expect({ outcome, lostAltNames }).toEqual({
      outcome: "given back",
      lostAltNames: ["enp01s10v0"],
    });
  });

  it("brings back what the pod has changed itself", async () => {
    const { machine, before, record } = await attached(DRIVERS.ice, { trust: true });
    const netdev = netdevOf(machine);
    Object.assign(netdev ?? {}, {
      name: "wan0",
      mac: "02:cc:00:00:00:01",
      mtu: 1280,
      promisc: true,
    });
    await detach(agentOn(machine).parts, record);
    expect(machine.snapshot()).toEqual(before);
  });

  it("does nothing to a VF that is as it was, however often", async () => {
    const { machine, before, record } = await attached();
    await detach(agentOn(machine).parts, record);
    for (let again = 0; again < 3; again++) {
      const agent = agentOn(machine);
      expect(await detach(agent.parts, record)).toMatchObject({
        outcome: "given back",
        restored: [],
      });
      expect(agent.calls.filter((call) => /^(set|move)/.test(call))).toEqual([]);
    }
    expect(machine.snapshot()).toEqual(before);
  });

  it("works twice at the same time", async () => {
    const { machine, before, record } = await attached();
    const { parts } = agentOn(machine);
    await Promise.allSettled([detach(parts, record), detach(parts, record)]);
    await detach(parts, record);
    expect(machine.snapshot()).toEqual(before);
  });

  it("touches nothing when the VF is somebody else's by now", async () => {
    const { machine, record } = await attached();
    await detach(agentOn(machine).parts, record);
    const wish = { owner: "next:net1", generation: 2, ifname: "net7", knobs: { vlan: 9 } };
    await attach(agentOn(machine).parts, wishFor(machine, wish));
    const theirs = machine.snapshot();
    const agent = agentOn(machine);
    expect((await detach(agent.parts, record, false)).outcome).toBe("not ours");
    expect(agent.calls).toEqual([]);
    expect(machine.snapshot()).toEqual(theirs);
  });

  it("stops at once when the VF becomes somebody else's on the way", async () => {
    const { machine, record } = await attached();
    const agent = agentOn(machine);
    await detach(agentOn(machine).parts, record);
    Object.assign(netdevOf(machine) ?? {}, { mtu: 9000 });
    const theirs = machine.snapshot();
    // The first attempt ends and the next owner comes while this one has only looked.
    const holds = () => agent.calls.length < 3;
    const { outcome } = await giveBack(agent.parts, record, { holds, bootId: BOOT });
    expect(outcome).toBe("not ours");
    expect(machine.snapshot()).toEqual(theirs);
  });

  it("leaves a VF of another boot alone: it was made anew", async () => {
    const { machine, record } = await attached();
    const agent = agentOn(machine);
    const by = { holds: () => true, bootId: "boot-2" };
    expect((await giveBack(agent.parts, record, by)).outcome).toBe("rebooted");
    expect(agent.calls).toEqual([]);
  });

  it.each([
    ["the VF", (machine: FakeVfMachine) => machine.destroyVf(VF)],
    ["its PF", (machine: FakeVfMachine) => machine.removePf("0000:01:00.0")],
  ])("says so when %s is gone, and is done", async (_what, remove) => {
    const { machine, record } = await attached();
    remove(machine);
    expect((await detach(agentOn(machine).parts, record)).outcome).toBe("destroyed");
  });

  it("says so when the VF goes on the way, at any call", async () => {
    const { machine: sample, record: sampled } = await attached();
    const counter = agentOn(sample);
    await detach(counter.parts, sampled);
    for (let call = 1; call < counter.calls.length; call++) {
      const { machine, record } = await attached();
      const agent = agentOn(machine);
      agent.turn = async () => {
        if (agent.calls.length === call && machine.vfs.has(VF)) machine.destroyVf(VF);
      };
      expect((await detach(agent.parts, record)).outcome, `call ${call}`).toBe("destroyed");
    }
  });

  it("restores the netdev while the PF has no netdev, and the rest when it is back", async () => {
    const { machine, before, record } = await attached();
    const { parts } = agentOn(machine);
    const blind = { ...parts, pfName: async () => "" };
    await expect(detach(blind, record)).rejects.toThrow(
      `VF ${VF} is not as it was: settings: its PF 0000:01:00.0 has no netdev here`,
    );
    expect(netdevOf(machine)).toMatchObject({ netns: "", name: "ens1v0", mtu: 1500 });
    await detach(parts, record);
    expect(machine.snapshot()).toEqual(before);
  });

  it("restores all that it can, tells all that it cannot, and goes on later", async () => {
    const stubborn = { ...DRIVERS.ice };
    const { machine, before, record } = await attached(stubborn);
    const { refuses } = stubborn;
    stubborn.refuses = (change) => ("vlan" in change || "trust" in change ? "EBUSY" : null);
    machine.namespaces.get("")?.add("ens1v0");
    const error = await detach(agentOn(machine).parts, record).catch((reason) => reason);
    expect(error.failures).toEqual([
      "vlan = 0, vlanQoS = 0, vlanProto = 802.1q: vlan, vlanQoS, vlanProto of VF 0 (EBUSY)",
      "trust = off: trust of VF 0 (EBUSY)",
      "name = ens1v0: name ens1v0 (EEXIST)",
    ]);
    expect(machine.vfs.get(VF)).toMatchObject({
      settings: { spoofchk: true, maxTxRate: 0 },
      netdev: { mtu: 1500, mac: "02:00:00:01:00:00" },
    });
    stubborn.refuses = refuses;
    machine.namespaces.get("")?.delete("ens1v0");
    await detach(agentOn(machine).parts, record);
    expect(machine.snapshot()).toEqual(before);
  });

  it("leaves the settings as they are while the VF is in a third namespace", async () => {
    const { machine, record } = await attached();
    machine.namespaces.set("/run/netns/third", new Set());
    const netdev = netdevOf(machine);
    if (netdev) netdev.netns = "/run/netns/third";
    const theirs = machine.snapshot();
    await expect(detach(agentOn(machine).parts, record)).rejects.toThrow(
      `netdev: it is neither here nor in ${POD}; has it another driver by now?`,
    );
    expect(machine.snapshot()).toEqual(theirs);
  });

  it("leaves the settings as they are while the VF cannot be taken from the pod", async () => {
    const { machine, before, record } = await attached();
    const names = ["ens1v0", "mv000001100"];
    for (const name of names) machine.namespaces.get("")?.add(name);
    const theirs = machine.snapshot();
    const { parts } = agentOn(machine);
    await expect(detach(parts, record)).rejects.toThrow("netdev: name mv000001100 (EEXIST)");
    expect(machine.snapshot()).toEqual(theirs);
    for (const name of names) machine.namespaces.get("")?.delete(name);
    await detach(parts, record);
    expect(machine.snapshot()).toEqual(before);
  });

  it("takes the VF home under another name while somebody has its own, and renames it then", async () => {
    const { machine, before, record } = await attached();
    machine.namespaces.get("")?.add("ens1v0");
    const { parts } = agentOn(machine);
    await expect(detach(parts, record)).rejects.toThrow("name = ens1v0: name ens1v0 (EEXIST)");
    expect(machine.findNetdev("", VF)).toMatchObject({ name: "mv000001100", mtu: 1500 });
    machine.namespaces.get("")?.delete("ens1v0");
    expect((await detach(parts, record)).restored).toEqual(["name = ens1v0"]);
    expect(machine.snapshot()).toEqual(before);
  });

  it("gives the netdev a MAC back that the PF had never given it", async () => {
    const machine = machineWith(DRIVERS.igb);
    const vf = machine.vfs.get(VF);
    // As igb is left by a MAC that was set while the VF's driver was bound.
    Object.assign(vf?.settings ?? {}, { mac: "02:dd:00:00:00:01" });
    if (vf) vf.pinned = true;
    const before = machine.snapshot();
    const record = await attach(agentOn(machine).parts, wishFor(machine, { knobs: IGB_KNOBS }));
    await detach(agentOn(machine).parts, record);
    expect(machine.snapshot()).toEqual(before);
    expect(vf?.pinned).toBe(true);
  });

  it("does not believe a driver that takes a setting and forgets it", async () => {
    const { machine, record } = await attached(DRIVERS.ice, { mtu: 9000 });
    const agent = agentOn(machine);
    agent.turn = async () => void Object.assign(netdevOf(machine) ?? {}, { mtu: 9000 });
    await expect(detach(agent.parts, record)).rejects.toThrow(
      `VF ${VF} is not as it was: mtu = 1500 does not last`,
    );
  });
});
