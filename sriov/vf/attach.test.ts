import { describe, expect, it } from "vitest";
import { DRIVERS, type FakeDriver } from "../fixtures/fake-vf-drivers.ts";
import type { FakeVfMachine } from "../fixtures/fake-vf-machine.ts";
import { attachSteps } from "./attach.ts";
import {
  ALL_KNOBS,
  agentOn,
  attach,
  detach,
  IGB_KNOBS,
  machineWith,
  POD,
  VF,
  wishFor,
} from "./fixture.ts";
import type { VfKnobs } from "./knobs.ts";
import { planVf } from "./plan.ts";

async function refusedAndUndone(machine: FakeVfMachine, knobs: VfKnobs, text: string) {
  const before = machine.snapshot();
  const wish = wishFor(machine, { knobs });
  await expect(attach(agentOn(machine).parts, wish)).rejects.toThrow(text);
  expect(machine.snapshot()).toEqual(before);
}

describe("attaching a VF", () => {
  it("sets every knob, moves the netdev under the pod's name and brings it up", async () => {
    const machine = machineWith(DRIVERS.ice);
    await attach(agentOn(machine).parts, wishFor(machine, { knobs: ALL_KNOBS }));
    const { mtu, promisc, allmulti, mac, ...settings } = ALL_KNOBS;
    expect(machine.snapshot()[VF]).toMatchObject({
      settings: { ...settings, mac },
      netdev: { netns: POD, name: "net1", mac, mtu, promisc, allmulti, up: true },
    });
  });

  it("numbers its steps in a fixed order and leaves out what is right already", async () => {
    const machine = machineWith(DRIVERS.ice);
    const names = async (knobs: VfKnobs) => {
      const { parts } = agentOn(machine);
      const record = await planVf(parts, wishFor(machine, { knobs }));
      return attachSteps(parts, record).map(({ name }) => name);
    };
    expect(await names(ALL_KNOBS)).toEqual([
      "quiesce",
      ...["vlan", "mac", "rates", "spoofchk", "trust", "link_state"].map((knob) => `set ${knob}`),
      ...["mac", "move", "mtu", "promisc", "allmulti", "up", "readBack"],
    ]);
    const same: VfKnobs = { vlan: 0, spoofchk: true, trust: false, linkState: "auto" };
    expect(await names(same)).toEqual(["quiesce", "move", "up"]);
  });

  it("takes a link that is up down before the PF changes anything", async () => {
    const machine = machineWith(DRIVERS.ice);
    Object.assign(machine.vfs.get(VF)?.netdev ?? {}, { up: true });
    const agent = agentOn(machine);
    await attach(agent.parts, wishFor(machine, { knobs: { vlan: 5 } }));
    const changes = agent.calls.filter((call) => /^(set|move)/.test(call));
    expect(changes.slice(0, 2)).toEqual(["setNetdev  up", "setVf ens1 0 vlan"]);
  });

  it("has spoof checking on and trust off unless asked, whatever was before", async () => {
    const machine = machineWith(DRIVERS.ice);
    Object.assign(machine.vfs.get(VF)?.settings ?? {}, { spoofchk: false, trust: true });
    const before = machine.snapshot();
    const record = await attach(agentOn(machine).parts, wishFor(machine));
    expect(machine.vfs.get(VF)?.settings).toMatchObject({ spoofchk: true, trust: false });
    await detach(agentOn(machine).parts, record);
    expect(machine.snapshot()).toEqual(before);
  });

  it.each([
    [
      { minTxRate: 10 },
      "set rates: min_tx_rate = 10, max_tx_rate = 1000: PF 0000:01:00.0 (ens1) refuses it",
      "EINVAL",
    ],
    [
      { linkState: "enable" },
      "set link_state: link_state = enable: PF 0000:01:00.0 (ens1) refuses it",
      "EOPNOTSUPP",
    ],
    [
      { vlan: 5, vlanProto: "802.1ad" },
      "set vlan: vlan = 5, vlanQoS = 3, vlanProto = 802.1ad: PF",
      "EPROTONOSUPPORT",
    ],
  ] as [
    VfKnobs,
    string,
    string,
  ][])("says which knob an igb refuses and takes everything else back: %j", async (knobs, text, errno) => {
    const machine = machineWith(DRIVERS.igb);
    await refusedAndUndone(machine, { ...IGB_KNOBS, ...knobs }, text);
    await refusedAndUndone(machine, { ...IGB_KNOBS, ...knobs }, errno);
  });

  it("waits until the PF's word about the MAC has arrived", async () => {
    const slow = { ...DRIVERS.igb, mail: 19 };
    const machine = machineWith(slow);
    const { mac } = ALL_KNOBS;
    await attach(agentOn(machine).parts, wishFor(machine, { knobs: { mac: mac ?? "" } }));
    expect(machine.vfs.get(VF)?.netdev?.mac).toBe(mac);
  });

  it("gives up when the word does not come in two seconds", async () => {
    const machine = machineWith({ ...DRIVERS.igb, mail: 20 });
    const knobs = { mac: "02:aa:00:00:00:01" };
    const text = `mac: mac = 02:aa:00:00:00:01: driver igbvf of VF ${VF} refuses it: MAC 02:aa`;
    const { parts } = agentOn(machine);
    await expect(attach(parts, wishFor(machine, { knobs }))).rejects.toThrow(text);
  });

  it("refuses an MTU above the driver's", async () => {
    const text = `mtu: mtu = 9300: driver igbvf of VF ${VF} refuses it: mtu 9300 is above 9216 (EINVAL)`;
    await refusedAndUndone(machineWith(DRIVERS.igb), { mtu: 9300 }, text);
  });

  it("reads back what a driver has taken, and does not believe it", async () => {
    const machine = machineWith(DRIVERS.ice);
    const text = `readBack: promisc = on: driver iavf of VF ${VF} took it, and it reads back as off`;
    await refusedAndUndone(machine, { promisc: true }, text);
  });

  it("refuses a name that is taken in the pod, and a pod that is gone", async () => {
    const machine = machineWith(DRIVERS.ice);
    const before = machine.snapshot();
    const { parts } = agentOn(machine);
    await expect(attach(parts, wishFor(machine, { ifname: "eth0" }))).rejects.toThrow(
      "move: ifname = eth0: namespace /run/netns/pod refuses it: name eth0 (EEXIST)",
    );
    expect(machine.snapshot()).toEqual(before);
    await expect(attach(parts, wishFor(machine, { netns: "/run/netns/x" }))).rejects.toThrow(
      `move: VF ${VF}: namespace /run/netns/x refuses it: namespace /run/netns/x (ENOENT)`,
    );
    expect(machine.snapshot()).toEqual(before);
  });

  it("leaves the netdev steps out for a VF that a program gets", async () => {
    const machine = machineWith(DRIVERS.ice);
    machine.bindToProgram(VF);
    const before = machine.snapshot();
    const agent = agentOn(machine);
    const record = await attach(agent.parts, wishFor(machine, { knobs: { vlan: 5, trust: true } }));
    expect(machine.vfs.get(VF)?.settings).toMatchObject({ vlan: 5, trust: true });
    expect(agent.calls.filter((call) => call.includes(VF))).toEqual([]);
    await detach(agent.parts, record);
    expect(machine.snapshot()).toEqual(before);
  });

  it.each([
    ["the VF", (machine: FakeVfMachine) => machine.destroyVf(VF)],
    ["its PF", (machine: FakeVfMachine) => machine.removePf("0000:01:00.0")],
  ])("has nothing to undo when %s goes meanwhile", async (_what, remove) => {
    const machine = machineWith(DRIVERS.ice);
    const { parts } = agentOn(machine);
    const record = await planVf(parts, wishFor(machine, { knobs: ALL_KNOBS }));
    const steps = attachSteps(parts, record);
    for (const step of steps.slice(0, 9)) await step.run();
    remove(machine);
    for (const step of steps.toReversed()) await step.undo();
    expect(machine.vfs.has(VF)).toBe(false);
  });

  it("trusts a VF that its PF would refuse even its own address for that moment, before the pod has it", async () => {
    const machine = machineWith(DRIVERS.igb);
    const agent = agentOn(machine);
    const mac = "02:aa:00:00:00:01";
    await attach(agent.parts, wishFor(machine, { knobs: { mac } }));
    const vf = machine.vfs.get(VF);
    expect([vf?.netdev?.mac, vf?.settings.trust]).toEqual([mac, false]);
    const order = agent.calls
      .filter((call) => /trust|move/.test(call))
      .map((call) => call.split(" ")[0]);
    expect(order).toEqual(["setVf", "setVf", "moveNetdev"]);
  });

  it.each(
    Object.entries(DRIVERS) as [string, FakeDriver][],
  )("asks the kernel of %s for each thing once", async (_name, driver) => {
    const machine = machineWith({ ...driver, mail: 0 });
    const agent = agentOn(machine);
    const knobs = { mac: "02:aa:00:00:00:01", ...(driver.strict && { trust: true }) };
    await attach(agent.parts, wishFor(machine, { knobs }));
    const changes = agent.calls.filter((call) => !/^(find|list|exists)/.test(call));
    expect(new Set(changes).size).toBe(changes.length);
  });
});
