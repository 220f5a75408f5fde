import { describe, expect, it } from "vitest";
import { DRIVERS } from "../fixtures/fake-vf-drivers.ts";
import { agentOn, attach, machineWith, VF, wishFor } from "./fixture.ts";
import type { VfKnobs } from "./knobs.ts";
import { requireMacUnclaimed } from "./mac-conflict.ts";
import { planVf } from "./plan.ts";
import type { VfRecord } from "./record.ts";

const MAC = "02:aa:00:00:00:01";
const TWIN = "0000:01:10.2";
const OTHER_PF = "0000:02:10.0";

async function nodeWithMac() {
  const machine = machineWith(DRIVERS.ice);
  const { parts } = agentOn(machine);
  const record = await attach(parts, wishFor(machine, { knobs: { mac: MAC, vlan: 7 } }));
  const plan = (address: string, knobs: VfKnobs) =>
    planVf(parts, wishFor(machine, { vf: machine.describe(address), owner: "b:net1", knobs }));
  return { record, plan, machine };
}

describe("a MAC that is asked for", () => {
  it("is refused when another VF of the PF has it in the same VLAN", async () => {
    const { plan } = await nodeWithMac();
    await expect(plan(TWIN, { mac: MAC, vlan: 7 })).rejects.toThrow(
      `mac = ${MAC}: VF 0 of PF 0000:01:00.0 (ens1) has it; ` +
        "accepted: a MAC that nobody has at this PF in this VLAN",
    );
    expect((await plan(TWIN, { mac: MAC, vlan: 8 })).knobs.vlan).toBe(8);
    expect((await plan(OTHER_PF, { mac: MAC, vlan: 7 })).address).toBe(OTHER_PF);
  });

  it("is refused when the PF has it itself", async () => {
    const { plan } = await nodeWithMac();
    const mac = "02:00:00:01:ff:00";
    await expect(plan(TWIN, { mac })).rejects.toThrow("PF 0000:01:00.0 (ens1) has it itself");
    expect((await plan(TWIN, { mac, vlan: 8 })).knobs.mac).toBe(mac);
  });

  it("is refused when an attachment on its way will have it", async () => {
    const { record, plan } = await nodeWithMac();
    const other = await plan(TWIN, { vlan: 7 });
    const same: VfRecord = { ...other, knobs: { mac: MAC, vlan: 7 } };
    expect(() => requireMacUnclaimed(same, [record])).toThrow(
      `mac = ${MAC}: attachment pod:net1 has it on VF ${VF}`,
    );
    for (const free of [other, { ...same, pf: "0000:02:00.0" }, { ...same, knobs: { mac: MAC } }]) {
      expect(() => requireMacUnclaimed(free, [record, same])).not.toThrow();
    }
    expect(() => requireMacUnclaimed(record, [record])).not.toThrow();
  });
});
