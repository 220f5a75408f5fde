import { describe, expect, it } from "vitest";
import { DRIVERS, type FakeDriver } from "../fixtures/fake-vf-drivers.ts";
import type { FakeFault } from "../fixtures/fake-vf-kernel.ts";
import type { FakeVfMachine } from "../fixtures/fake-vf-machine.ts";
import { attachSteps } from "./attach.ts";
import { checkVf } from "./check.ts";
import {
  ALL_KNOBS,
  agentOn,
  attach,
  detach,
  IGB_KNOBS,
  LONE_KNOBS,
  machineWith,
  POD,
  VF,
  type Written,
  wishFor,
} from "./fixture.ts";
import type { VfKnobs } from "./knobs.ts";
import { planVf } from "./plan.ts";
import { passingName } from "./record.ts";
import { undoAll } from "./steps.ts";

const { mtu: _mtu, promisc: _promisc, allmulti: _allmulti, ...PROGRAM_KNOBS } = ALL_KNOBS;

/** Has its VFs bound to vfio-pci. */
const FOR_PROGRAMS: FakeDriver = { ...DRIVERS.ice, vf: "vfio-pci" };

const PFS: [string, FakeDriver, VfKnobs][] = [
  ["a PF that takes every knob", DRIVERS.ice, ALL_KNOBS],
  ["an igb", DRIVERS.igb, IGB_KNOBS],
  ["a VF without PF knobs", DRIVERS.virtio, LONE_KNOBS],
  ["a VF for a program", FOR_PROGRAMS, PROGRAM_KNOBS],
];

/** A VF that was not new: each restored field has a value of its own. */
function usedMachine(driver: FakeDriver): FakeVfMachine {
  const machine = machineWith(driver);
  const vf = machine.vfs.get(VF);
  if (driver.lists === "all" && vf) {
    Object.assign(vf.settings, { vlan: 7, vlanQoS: 1, maxTxRate: 500, mac: "02:bb:00:00:00:01" });
    vf.pinned = true;
  }
  Object.assign(vf?.netdev ?? {}, { mtu: 1600, up: true });
  if (driver === FOR_PROGRAMS) machine.bindToProgram(VF);
  return machine;
}

/** Runs an ADD whose call number `call` goes wrong. @returns false when it has fewer calls */
async function addWithFault(
  machine: FakeVfMachine,
  call: number,
  fault: FakeFault,
  knobs: VfKnobs,
) {
  const written: Written = { record: null, steps: [] };
  const agent = agentOn(machine).failAt(call, fault);
  const wish = wishFor(machine, { knobs });
  const error = await attach(agent.parts, wish, written).then(
    () => null,
    (reason: Error) => reason,
  );
  return { written, error };
}

async function countCalls(driver: FakeDriver, knobs: VfKnobs): Promise<number> {
  const machine = usedMachine(driver);
  const agent = agentOn(machine);
  await attach(agent.parts, wishFor(machine, { knobs }));
  return agent.calls.length;
}

describe.each(PFS)("ADD of %s", (_name, driver, knobs) => {
  it.each([
    "refuse",
    "late",
  ] as const)("leaves everything as it was when any call of it fails (%s)", async (fault) => {
    const calls = await countCalls(driver, knobs);
    for (let call = 1; call <= calls; call++) {
      const machine = usedMachine(driver);
      const before = machine.snapshot();
      const { written, error } = await addWithFault(machine, call, fault, knobs);
      if (error === null) {
        // The driver refused at that moment by itself, and took it at the next try.
        const { record } = written;
        expect(record && (await checkVf(agentOn(machine).parts, record))).toEqual([]);
        continue;
      }
      expect(error.message, `call ${call}`).toContain("injected");
      expect(error.message, `call ${call}`).not.toContain("not undone");
      expect(machine.snapshot(), `call ${call}`).toEqual(before);
    }
  });

  it.each([
    "die",
    "die late",
  ] as const)("is undone by the next agent when it dies at any call (%s)", async (fault) => {
    const calls = await countCalls(driver, knobs);
    for (let call = 1; call <= calls; call++) {
      const machine = usedMachine(driver);
      const before = machine.snapshot();
      const { written } = await addWithFault(machine, call, fault, knobs);
      if (written.record) await detach(agentOn(machine).parts, written.record);
      expect(machine.snapshot(), `call ${call}`).toEqual(before);
    }
  });

  it("is undone when the namespace dies with the agent, at any call", async () => {
    const calls = await countCalls(driver, knobs);
    for (let call = 1; call <= calls; call++) {
      const machine = usedMachine(driver);
      const before = machine.snapshot();
      const { written } = await addWithFault(machine, call, "die late", knobs);
      machine.killNamespace(POD);
      if (written.record) await detach(agentOn(machine).parts, written.record);
      expect(machine.snapshot(), `call ${call}`).toEqual(before);
    }
  });

  it("is undone, by itself or by DEL, when the namespace dies under it at any call", async () => {
    const calls = await countCalls(driver, knobs);
    for (let call = 1; call <= calls; call++) {
      const machine = usedMachine(driver);
      const before = machine.snapshot();
      const agent = agentOn(machine);
      agent.turn = async () => {
        if (agent.calls.length === call) machine.killNamespace(POD, 3);
      };
      const record = await attach(agent.parts, wishFor(machine, { knobs })).catch(() => null);
      if (record) await detach(agentOn(machine).parts, record);
      expect(machine.snapshot(), `call ${call}`).toEqual(before);
    }
  });

  it("is undone as far as can be when undoing fails too, and the rest by giving back", async () => {
    const calls = await countCalls(driver, knobs);
    for (let call = 1; call <= calls; call++) {
      for (const later of [1, 2, 3, 5, 8]) {
        const machine = usedMachine(driver);
        const before = machine.snapshot();
        const written: Written = { record: null, steps: [] };
        const agent = agentOn(machine)
          .failAt(call, "late")
          .failAt(call + later, "refuse");
        await attach(agent.parts, wishFor(machine, { knobs }), written).catch(() => {});
        if (written.record) await detach(agentOn(machine).parts, written.record);
        expect(machine.snapshot(), `calls ${call} and ${call + later}`).toEqual(before);
      }
    }
  });
});

describe.each(PFS.filter(([, driver]) => driver !== FOR_PROGRAMS))("ADD of %s", (...args) => {
  const [, driver, knobs] = args;
  it("keeps its VLAN while the VF cannot be taken from the pod again", async () => {
    const machine = usedMachine(driver);
    const agent = agentOn(machine);
    const { parts } = agent;
    const record = await planVf(parts, wishFor(machine, { knobs }));
    const steps = attachSteps(parts, record);
    for (const step of steps) await step.run();
    const attached = machine.snapshot();
    for (const name of [record.netdev?.name ?? "", passingName(VF)]) {
      machine.namespaces.get("")?.add(name);
    }
    expect((await undoAll(steps)).map(({ step }) => step)).toEqual(["undo move", "undo quiesce"]);
    expect(machine.snapshot()).toEqual(attached);
  });
});

describe.each(PFS)("DEL of %s", (_name, driver, knobs) => {
  async function attached() {
    const machine = usedMachine(driver);
    const before = machine.snapshot();
    const record = await attach(agentOn(machine).parts, wishFor(machine, { knobs }));
    return { machine, before, record };
  }

  async function countDelCalls(): Promise<number> {
    const { machine, record } = await attached();
    const agent = agentOn(machine);
    await detach(agent.parts, record);
    return agent.calls.length;
  }

  it.each([
    "refuse",
    "late",
    "die",
    "die late",
  ] as const)("is finished by the next one, whichever of its calls goes wrong (%s)", async (fault) => {
    const calls = await countDelCalls();
    for (let call = 1; call <= calls; call++) {
      const { machine, before, record } = await attached();
      await detach(agentOn(machine).failAt(call, fault).parts, record).catch(() => {});
      const { outcome } = await detach(agentOn(machine).parts, record);
      expect(outcome).toBe("given back");
      expect(machine.snapshot(), `call ${call}`).toEqual(before);
    }
  });
});
