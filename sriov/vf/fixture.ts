import type { FakeDriver } from "../fixtures/fake-vf-drivers.ts";
import { FakeVfKernel } from "../fixtures/fake-vf-kernel.ts";
import { FakeVfMachine } from "../fixtures/fake-vf-machine.ts";
import type { Bdf } from "../types.ts";
import { attachSteps } from "./attach.ts";
import { type GivenBack, giveBack } from "./give-back.ts";
import type { VfKnobs } from "./knobs.ts";
import type { VfParts } from "./parts.ts";
import { planVf, type VfWish } from "./plan.ts";
import type { VfRecord } from "./record.ts";
import { runOrUndo } from "./steps.ts";

export const POD = "/run/netns/pod";
export const VF: Bdf = "0000:01:10.0";
export const BOOT = "boot-1";

/** Each knob other than it is on a VF that nobody has touched. */
export const ALL_KNOBS: VfKnobs = {
  vlan: 100,
  vlanQoS: 3,
  vlanProto: "802.1ad",
  mac: "02:aa:00:00:00:01",
  spoofchk: false,
  trust: true,
  linkState: "enable",
  minTxRate: 10,
  maxTxRate: 1000,
  mtu: 9000,
  promisc: true,
  allmulti: true,
};

/** Those of them that igb takes. */
export const IGB_KNOBS: VfKnobs = (({ vlanProto, linkState, minTxRate, ...rest }) => rest)(
  ALL_KNOBS,
);

/** Those of them that a VF takes when nobody can set it up. */
export const LONE_KNOBS: VfKnobs = { mac: "02:aa:00:00:00:01", mtu: 1400 };

/** A node with two PFs of a driver and a namespace of a pod. */
export function machineWith(driver: FakeDriver, vfs = 2): FakeVfMachine {
  const machine = new FakeVfMachine();
  machine.addPf("01", driver, vfs);
  machine.addPf("02", driver, vfs);
  machine.namespaces.set(POD, new Set(["lo", "eth0"]));
  return machine;
}

export function wishFor(machine: FakeVfMachine, more: Partial<VfWish> = {}): VfWish {
  return {
    vf: machine.describe(VF),
    owner: "pod:net1",
    generation: 1,
    bootId: BOOT,
    netns: POD,
    ifname: "net1",
    knobs: {},
    ...more,
  };
}

/** What of an attachment outlives the agent. */
export interface Written {
  record: VfRecord | null;
  steps: string[];
}

/** ADD as the agent does it: what is to be done is written before it is done. */
export async function attach(
  parts: VfParts,
  wish: VfWish,
  written: Written = { record: null, steps: [] },
): Promise<VfRecord> {
  const record = await planVf(parts, wish);
  // As a journal would return it.
  written.record = JSON.parse(JSON.stringify(record)) as VfRecord;
  await runOrUndo(attachSteps(parts, record), (step) => void written.steps.push(step));
  return record;
}

/** DEL by an agent that has only the record. */
export function detach(parts: VfParts, record: VfRecord, holds = true): Promise<GivenBack> {
  return giveBack(parts, record, { holds: () => holds, bootId: BOOT });
}

/** A fresh agent on the machine. */
export function agentOn(machine: FakeVfMachine): FakeVfKernel {
  return new FakeVfKernel(machine);
}
