import { isForProgram, PROGRAM_DRIVERS } from "../policy/drivers.ts";
import type { NetdevInfo, VfSettings, VirtualFunction } from "../types.ts";
import { wantedSettings } from "./changes.ts";
import { VfError } from "./errors.ts";
import { KNOB_KEYS, pickKnobs, showKnobs, type VfKnobs } from "./knobs.ts";
import { HERE } from "./locate.ts";
import { requireMacFree } from "./mac-conflict.ts";
import type { VfParts } from "./parts.ts";
import type { VfRecord } from "./record.ts";
import { findSettings, type SettingsFound, type SettingsOfPf } from "./settings.ts";

type Device = Pick<VirtualFunction, "address" | "pf" | "index" | "driver">;

/** A VF that an attachment has got, and what is to become of it. */
export interface VfWish {
  vf: Device;
  owner: string;
  generation: number;
  bootId: string;
  netns: string;
  ifname: string;
  /** Checked against each other: parseVfNetConf. */
  knobs: VfKnobs;
}

/**
 * Reads what a VF is, and checks that it can become what is asked. Changes nothing; the record
 * must be in the journal before anything is changed.
 * @throws VfError for what cannot be had; what the kernel says when it cannot be read
 */
export async function planVf(parts: VfParts, wish: VfWish): Promise<VfRecord> {
  const { vf, owner, generation, bootId, netns, ifname, knobs } = wish;
  const [found, here] = await Promise.all([
    findSettings(parts, vf),
    isForProgram(vf) ? null : parts.kernel.findNetdev(HERE, vf.address),
  ]);
  if (found.settings === null) requireNoPfKnobs(wish, found.because);
  else {
    checkSettings(wish, found);
    await requireMacFree(parts, wish, found);
  }
  const netdev = isForProgram(vf) ? null : requireNetdev(vf, here);
  if (netdev) requireNameFree(wish, netdev);
  else requireNoNetdevKnobs(wish, found);
  const { address, pf, index } = vf;
  const device = { address, pf, index, owner, generation, bootId };
  return { ...device, netns, ifname, knobs, settings: found.settings, netdev };
}

const PF_KNOBS = [
  "vlan",
  "vlanQoS",
  "vlanProto",
  "spoofchk",
  "trust",
  "linkState",
  "minTxRate",
  "maxTxRate",
] as const;

// What asks for nothing: templates write these always.
const NEUTRAL = new Set<unknown>([0, "802.1q", "auto"]);

function requireNoPfKnobs({ vf, knobs }: VfWish, because: string): void {
  const asked = Object.entries(pickKnobs(knobs, PF_KNOBS)).filter(
    ([, value]) => !NEUTRAL.has(value),
  );
  if (asked.length === 0) return;
  const subject = showKnobs(Object.fromEntries(asked));
  const reason = `cannot be had on VF ${vf.address}: ${because}`;
  throw new VfError({ subject, reason, accepted: "mac and mtu, or a VF whose PF is here" });
}

function checkSettings({ vf, knobs }: VfWish, found: SettingsOfPf): void {
  const { pfName, settings } = found;
  requireTold(vf, knobs, settings, pfName);
  const { minTxRate, maxTxRate } = wantedSettings(settings, knobs);
  if (maxTxRate === 0 || minTxRate <= maxTxRate) return;
  const subject = showKnobs({ minTxRate, maxTxRate });
  const reason = `the limits of VF ${vf.address} would contradict each other`;
  throw new VfError({ subject, reason, accepted: "both, min_tx_rate not above max_tx_rate" });
}

// What a driver does not tell could not be given back.
function requireTold(vf: Device, knobs: VfKnobs, settings: VfSettings, pfName: string): void {
  const switches = ["spoofchk", "trust", "linkState"] as const;
  const untold = switches.filter((name) => knobs[name] !== undefined && settings[name] === null);
  if (untold.length === 0) return;
  const keys = untold.map((name) => KNOB_KEYS[name]).join(" and ");
  const reason = `PF ${vf.pf} (${pfName}) does not tell it, so it could not be given back`;
  throw new VfError({
    subject: showKnobs(pickKnobs(knobs, untold)),
    reason,
    accepted: `no ${keys} with this driver`,
  });
}

function requireNetdev(vf: Device, netdev: NetdevInfo | null): NetdevInfo {
  if (netdev) return netdev;
  const driver = vf.driver === "" ? "no driver is bound to it" : `its driver is ${vf.driver}`;
  const reason = `it has no netdev in the node's namespace; ${driver}`;
  const accepted = "a VF with a netdev, or one of the drivers";
  const programs = PROGRAM_DRIVERS.join(", ");
  throw new VfError({ subject: `VF ${vf.address}`, reason, accepted: `${accepted} ${programs}` });
}

// The kernel takes an alternative name for a name, and refuses to rename.
function requireNameFree({ vf, ifname }: VfWish, { altNames }: NetdevInfo): void {
  if (!altNames.includes(ifname)) return;
  const reason = `VF ${vf.address} has it as alternative name already`;
  const accepted = "any other, or ip link property del";
  throw new VfError({ subject: `CNI_IFNAME = ${ifname}`, reason, accepted });
}

function requireNoNetdevKnobs({ vf, knobs }: VfWish, { settings }: SettingsFound): void {
  const needed = ["mtu", "promisc", "allmulti"] as const;
  // Without a PF nobody is left who could set it.
  const asked = pickKnobs(knobs, settings === null ? [...needed, "mac"] : needed);
  if (Object.keys(asked).length === 0) return;
  const reason = `VF ${vf.address} has no netdev: its driver is ${vf.driver}`;
  const accepted = "nothing, the program in the pod sets it itself";
  throw new VfError({ subject: showKnobs(asked), reason, accepted });
}
