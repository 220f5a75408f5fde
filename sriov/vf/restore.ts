import type { NetdevInfo } from "../types.ts";
import {
  type Knob,
  type KnobChange,
  netdevChanges,
  netdevState,
  settingsChanges,
} from "./changes.ts";
import { errnoOf, said, VfError } from "./errors.ts";
import { HERE, locate } from "./locate.ts";
import type { VfParts } from "./parts.ts";
import { passingName, type VfRecord } from "./record.ts";
import { setMac } from "./set-mac.ts";
import { findSettings } from "./settings.ts";

/** Everything that could not be given back; all the rest was. May be tried again at any time. */
export class RestoreError extends VfError {
  readonly failures: readonly string[];

  constructor(address: string, failures: readonly string[]) {
    super({ subject: `VF ${address} is not as it was`, reason: failures.join("; ") });
    this.name = "RestoreError";
    this.failures = failures;
  }
}

// Each round restores all that differs. The MAC may take two: see restoreMac. One more reads back.
const ROUNDS = 4;

/**
 * Makes a VF what it was before, wherever it is: takes it from the pod, compares it with its record
 * and changes what differs, all of it even when something fails. Does nothing to a VF that is as it
 * was, nor to the settings of one that cannot be taken from the pod.
 * @returns what was changed
 * @throws RestoreError with everything that failed
 */
export async function restoreVf(parts: VfParts, record: VfRecord): Promise<string[]> {
  const restored: string[] = [];
  for (let round = 1; ; round++) {
    const { repairs, failures } = await findRepairs(parts, record);
    const stuck = round === ROUNDS ? repairs.map(({ text }) => `${text} does not last`) : [];
    if (stuck.length > 0) throw new RestoreError(record.address, [...failures, ...stuck]);
    for (const { text, run } of repairs) {
      await run().then(
        () => restored.push(text),
        (error) => failures.push(`${text}: ${said(error)}`),
      );
    }
    if (failures.length > 0) throw new RestoreError(record.address, failures);
    if (repairs.length === 0) return restored;
  }
}

interface Repair {
  /** "mtu = 1500" */
  text: string;
  run(): Promise<unknown>;
}

// The VF leaves the pod before the PF's hand is taken off it: a pod that kept it would be in another
// VLAN all at once. What the PF cannot be asked about keeps nothing of the netdev from being restored.
async function findRepairs(parts: VfParts, record: VfRecord) {
  const failures: string[] = [];
  const attempt = async <T>(what: string, work: () => Promise<T[]>): Promise<T[]> => {
    try {
      return await work();
    } catch (error) {
      failures.push(`${what}: ${said(error)}`);
      return [];
    }
  };
  const netdev = await attempt("netdev", () => netdevRepairs(parts, record));
  if (failures.length > 0) return { repairs: [], failures };
  const knobs = await attempt("settings", () => knobRepairs(parts, record));
  return { repairs: [...knobs, ...netdev], failures };
}

async function knobRepairs(parts: VfParts, record: VfRecord): Promise<(Repair & KnobChange)[]> {
  const { settings, index } = record;
  if (settings === null) return [];
  const found = await findSettings(parts, record);
  if (found.settings === null) throw new Error(found.because);
  const { pfName } = found;
  return settingsChanges(found.settings, settings).map((one) => ({
    ...one,
    run: () => parts.kernel.setVf(pfName, index, one.change),
  }));
}

/** Gives one knob of the PF back, unless the pod has the VF still. */
export async function restoreKnob(parts: VfParts, record: VfRecord, knob: Knob): Promise<void> {
  if (!(await parts.exists(record.address))) return;
  if (record.netdev && !(await parts.kernel.findNetdev(HERE, record.address))) return;
  for (const one of await knobRepairs(parts, record)) {
    if (one.knob === knob) await one.run();
  }
}

async function netdevRepairs(parts: VfParts, record: VfRecord): Promise<Repair[]> {
  const { netdev } = record;
  if (netdev === null) return [];
  const now = await bringHome(parts, record);
  if (now === null) {
    throw new Error(`it is neither here nor in ${record.netns}; has it another driver by now?`);
  }
  return netdevChanges(now, netdevState(netdev)).map(({ field, change, text }) => ({
    text,
    run: () =>
      field === "mac"
        ? restoreMac(parts, record, now, netdev.mac)
        : parts.kernel.setNetdev(HERE, now.ifindex, change),
  }));
}

/** Takes the netdev out of the pod, under its old name unless somebody has that now. @returns it; null when it is nowhere that we can look */
export async function bringHome(parts: VfParts, record: VfRecord): Promise<NetdevInfo | null> {
  const { address, netns } = record;
  const place = await locatePatiently(parts, record);
  if (place === null || place.netns === HERE) return place?.netdev ?? null;
  const move = (name: string) => parts.kernel.moveNetdev(netns, place.netdev.ifindex, HERE, name);
  await move(record.netdev?.name ?? passingName(address)).catch((error) => {
    if (errnoOf(error) !== "EEXIST") throw error;
    return move(passingName(address));
  });
  return parts.kernel.findNetdev(HERE, address);
}

const TRIES = 20;
const PAUSE_MS = 100;

// The kernel sends netdevs home some time after their namespace has died.
async function locatePatiently(parts: VfParts, { address, netns }: VfRecord) {
  for (let tries = 1; ; tries++) {
    const place = await locate(parts, address, netns);
    if (place !== null || tries === TRIES || !(await parts.exists(address))) return place;
    await parts.pause(PAUSE_MS);
  }
}

// A PF that has given its VF an address lets it have no other. When the VF had another before, the
// PF gives it that one for a moment; the next round finds the PF's own word changed and restores it.
async function restoreMac(parts: VfParts, record: VfRecord, { ifindex }: NetdevInfo, mac: string) {
  const given = record.settings?.mac ?? mac;
  if (given !== mac && given !== NO_MAC) {
    await parts.kernel.setVf(await parts.pfName(record.pf), record.index, { mac });
  }
  await setMac(parts, record, ifindex, mac);
}

const NO_MAC = "00:00:00:00:00:00";
