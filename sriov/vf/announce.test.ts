import { describe, expect, it } from "vitest";
import { DRIVERS } from "../fixtures/fake-vf-drivers.ts";
import { announceVf } from "./announce.ts";
import { agentOn, attach, machineWith, VF, wishFor } from "./fixture.ts";

describe("announcing the addresses of a VF", () => {
  async function attached() {
    const machine = machineWith(DRIVERS.ice);
    const record = await attach(agentOn(machine).parts, wishFor(machine));
    return { machine, record, agent: agentOn(machine) };
  }

  it("tells each address, once the link has carrier", async () => {
    const { machine, record, agent } = await attached();
    const netdev = machine.vfs.get(VF)?.netdev;
    if (netdev) netdev.carrier = false;
    let pauses = 0;
    const pause = async () => {
      if (++pauses === 3 && netdev) netdev.carrier = true;
    };
    const failures = await announceVf({ ...agent.parts, pause }, record, ["10.1.0.2", "fd00::2"]);
    expect(failures).toEqual([]);
    expect(pauses).toBe(3);
    expect(agent.calls.slice(-2)).toEqual(["announce 10.1.0.2", "announce fd00::2"]);
  });

  it("waits for carrier 200 ms and no longer, and says what failed instead of failing", async () => {
    const { machine, record, agent } = await attached();
    const netdev = machine.vfs.get(VF)?.netdev;
    Object.assign(netdev ?? {}, { carrier: false, up: false });
    let waited = 0;
    const pause = async (ms: number) => {
      waited += ms;
    };
    expect(await announceVf({ ...agent.parts, pause }, record, ["10.1.0.2"])).toEqual([
      "10.1.0.2 was not announced: net1 (ENETDOWN)",
    ]);
    expect(waited).toBe(200);
  });

  it("announces nothing once the VF has left its pod: another may have the name", async () => {
    const { machine, record, agent } = await attached();
    const netdev = machine.vfs.get(VF)?.netdev;
    if (netdev) netdev.carrier = false;
    const pause = async () => machine.killNamespace(record.netns);
    const failures = await announceVf({ ...agent.parts, pause }, record, ["10.1.0.2"]);
    expect(failures).toEqual([`VF ${VF} has left ${record.netns}`]);
    expect(agent.calls.filter((call) => call.startsWith("announce"))).toEqual([]);
  });

  it("asks nothing of the kernel without addresses", async () => {
    const { record, agent } = await attached();
    await announceVf(agent.parts, record, []);
    expect(agent.calls).toEqual([]);
  });
});
