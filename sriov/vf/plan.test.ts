import { describe, expect, it } from "vitest";
import { DRIVERS, type FakeDriver } from "../fixtures/fake-vf-drivers.ts";
import { agentOn, machineWith, VF, wishFor } from "./fixture.ts";
import type { VfKnobs } from "./knobs.ts";
import { planVf } from "./plan.ts";

async function plan(driver: FakeDriver, knobs: VfKnobs, more = {}) {
  const machine = machineWith(driver);
  const before = machine.snapshot();
  const result = planVf(agentOn(machine).parts, wishFor(machine, { knobs, ...more }));
  await result.catch(() => {});
  expect(machine.snapshot()).toEqual(before);
  return result;
}

describe("the plan of an attachment", () => {
  it("records settings and netdev as they are, by address", async () => {
    const record = await plan(DRIVERS.ice, {});
    expect(record).toMatchObject({ address: VF, pf: "0000:01:00.0", index: 0, generation: 1 });
    expect(record.settings).toMatchObject({ vlan: 0, spoofchk: true, trust: false });
    expect(record.netdev).toMatchObject({
      name: "ens1v0",
      altNames: ["enp01s10v0"],
      mac: "02:00:00:01:00:00",
      mtu: 1500,
      up: false,
    });
  });

  it.each([
    ["takes no settings", DRIVERS.virtio],
    ["takes no settings", { ...DRIVERS.virtio, lists: "EOPNOTSUPP" as const }],
  ])("refuses knobs of a PF that %s, all in one error, unless they ask for nothing", async (because, driver) => {
    await expect(plan(driver, { vlan: 5, trust: true, mtu: 1400 })).rejects.toThrow(
      `vlan = 5, trust = on: cannot be had on VF ${VF}: its PF 0000:01:00.0 (ens1) ${because}; ` +
        "accepted: mac and mtu, or a VF whose PF is here",
    );
    const neutral: VfKnobs = { vlan: 0, vlanQoS: 0, vlanProto: "802.1q", maxTxRate: 0 };
    const record = await plan(driver, { ...neutral, linkState: "auto", mac: "02:00:00:00:00:09" });
    expect(record.settings).toBeNull();
  });

  it("goes without the knobs of a PF that is not there, as inside a virtual machine", async () => {
    const machine = machineWith(DRIVERS.ice);
    const wish = wishFor(machine);
    const { parts } = agentOn(machine);
    const alone = { ...parts, pfName: async () => "" };
    expect((await planVf(alone, wish)).settings).toBeNull();
    await expect(planVf(alone, { ...wish, knobs: { vlan: 5 } })).rejects.toThrow(
      `vlan = 5: cannot be had on VF ${VF}: its PF 0000:01:00.0 has no netdev here`,
    );
  });

  it("refuses a knob that could not be given back, and leaves its default alone", async () => {
    const driver = { ...DRIVERS.ice, silent: ["spoofchk", "trust"] as const };
    await expect(plan(driver, { spoofchk: false })).rejects.toThrow(
      "spoofchk = off: PF 0000:01:00.0 (ens1) does not tell it, so it could not be given back; " +
        "accepted: no spoofchk with this driver",
    );
    expect((await plan(driver, {})).settings).toMatchObject({ spoofchk: null, trust: null });
  });

  it("checks a rate against the other one that is set already", async () => {
    const machine = machineWith(DRIVERS.ice);
    Object.assign(machine.vfs.get(VF)?.settings ?? {}, { maxTxRate: 100 });
    const wish = wishFor(machine, { knobs: { minTxRate: 200 } });
    await expect(planVf(agentOn(machine).parts, wish)).rejects.toThrow(
      `min_tx_rate = 200, max_tx_rate = 100: the limits of VF ${VF} would contradict each other`,
    );
  });

  it("asks of a VF for a program only what its PF can do", async () => {
    const machine = machineWith(DRIVERS.ice);
    machine.bindToProgram(VF);
    const wish = wishFor(machine, { knobs: { vlan: 5, mac: "02:00:00:00:00:09" } });
    const { parts } = agentOn(machine);
    expect(await planVf(parts, wish)).toMatchObject({ netdev: null, settings: { vlan: 0 } });
    const knobs: VfKnobs = { trust: true, promisc: true, mtu: 1400 };
    await expect(planVf(parts, { ...wish, knobs })).rejects.toThrow(
      `mtu = 1400, promisc = on: VF ${VF} has no netdev: its driver is vfio-pci; ` +
        "accepted: nothing, the program in the pod sets it itself",
    );
    const alone = { ...parts, pfName: async () => "" };
    await expect(planVf(alone, { ...wish, knobs: { mac: "02:00:00:00:00:09" } })).rejects.toThrow(
      "mac = 02:00:00:00:00:09",
    );
  });

  it("refuses a VF whose netdev is elsewhere, and one that its PF has lost", async () => {
    const machine = machineWith(DRIVERS.ice);
    const wish = wishFor(machine);
    const { parts } = agentOn(machine);
    const netdev = machine.vfs.get(VF)?.netdev;
    if (netdev) netdev.netns = "/run/netns/pod";
    await expect(planVf(parts, wish)).rejects.toThrow(
      `VF ${VF}: it has no netdev in the node's namespace; its driver is iavf`,
    );
    machine.destroyVf(VF);
    await expect(planVf(parts, wish)).rejects.toThrow(
      `VF ${VF}: PF 0000:01:00.0 (ens1) has no VF 0 any more`,
    );
  });

  it("refuses a name that the VF has as an alternative already", async () => {
    await expect(plan(DRIVERS.ice, {}, { ifname: "enp01s10v0" })).rejects.toThrow(
      `CNI_IFNAME = enp01s10v0: VF ${VF} has it as alternative name already`,
    );
  });
});
