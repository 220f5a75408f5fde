import { describe, expect, it } from "vitest";
import { DRIVERS } from "../fixtures/fake-vf-drivers.ts";
import { checkVf } from "./check.ts";
import { ALL_KNOBS, agentOn, attach, machineWith, POD, VF, wishFor } from "./fixture.ts";

describe("checking an attached VF", () => {
  async function attached(knobs = ALL_KNOBS) {
    const machine = machineWith(DRIVERS.ice);
    const { parts } = agentOn(machine);
    const record = await attach(parts, wishFor(machine, { knobs }));
    return { machine, check: () => checkVf(parts, record), vf: machine.vfs.get(VF) };
  }

  it("finds nothing right after it was attached", async () => {
    expect(await (await attached()).check()).toEqual([]);
    expect(await (await attached({})).check()).toEqual([]);
  });

  it("names every knob that is not what was asked for", async () => {
    const { vf, check } = await attached();
    Object.assign(vf?.settings ?? {}, { vlan: 5, trust: false });
    Object.assign(vf?.netdev ?? {}, { mtu: 1500, up: false });
    expect(await check()).toEqual([
      "vlan = 100, vlanQoS = 3, vlanProto = 802.1ad is not set any more",
      "trust = on is not set any more",
      "mtu = 9000 is 1500 by now",
      "up = on is off by now",
    ]);
  });

  it("does not mind what nobody asked for", async () => {
    const { vf, check } = await attached({});
    Object.assign(vf?.netdev ?? {}, { mtu: 1400, mac: "02:cc:00:00:00:01" });
    Object.assign(vf?.settings ?? {}, { mac: "02:cc:00:00:00:01" });
    expect(await check()).toEqual([]);
  });

  it("misses a VF that is not in the pod, or nowhere", async () => {
    const { machine, vf, check } = await attached();
    if (vf?.netdev) vf.netdev.netns = "";
    expect(await check()).toEqual([`VF ${VF} is not in ${POD}`]);
    machine.destroyVf(VF);
    expect(await check()).toEqual([`VF ${VF} is gone`]);
  });
});
