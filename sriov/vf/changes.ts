import type { NetdevChange, NetdevInfo, VfChange, VfSettings } from "../types.ts";
import { showKnobs, showValue, type VfKnobs } from "./knobs.ts";

export type Knob = "vlan" | "mac" | "rates" | "spoofchk" | "trust" | "link_state";

/** One thing that the kernel sets at once. */
export interface KnobChange {
  knob: Knob;
  change: VfChange;
  /** For people: "vlan = 100, vlanQoS = 0, vlanProto = 802.1q". */
  text: string;
}

/**
 * What leads from one state of a VF to another, in the order in which it is to be set. What the
 * driver does not tell is left alone.
 */
export function settingsChanges(now: VfSettings, wanted: VfSettings): KnobChange[] {
  const { vlan, vlanQoS, vlanProto, mac, minTxRate, maxTxRate } = wanted;
  const { spoofchk, trust, linkState } = wanted;
  const all: (KnobChange | null)[] = [
    knobChange("vlan", { vlan, vlanQoS, vlanProto }),
    knobChange("mac", { mac }),
    knobChange("rates", { minTxRate, maxTxRate }),
    spoofchk === null ? null : knobChange("spoofchk", { spoofchk }),
    trust === null ? null : knobChange("trust", { trust }),
    linkState === null ? null : knobChange("link_state", { linkState }),
  ];
  return all.filter((one) => one !== null).filter(({ change }) => differs(now, change));
}

function knobChange(knob: Knob, change: VfChange & VfKnobs): KnobChange {
  return { knob, change, text: showKnobs(change) };
}

function differs(now: VfSettings, change: VfChange): boolean {
  const fields = Object.entries(change) as [keyof VfSettings, unknown][];
  return fields.some(([field, value]) => now[field] !== value);
}

/**
 * What a VF is to be: as asked, and where nothing was asked as it is. Only spoof checking is on and
 * trust off unless asked, where the driver knows them.
 */
export function wantedSettings(now: VfSettings, knobs: VfKnobs): VfSettings {
  const { vlan, vlanQoS = 0, vlanProto = "802.1q" } = knobs;
  return {
    ...now,
    ...(vlan !== undefined && { vlan, vlanQoS, vlanProto }),
    mac: knobs.mac ?? now.mac,
    minTxRate: knobs.minTxRate ?? now.minTxRate,
    maxTxRate: knobs.maxTxRate ?? now.maxTxRate,
    spoofchk: knobs.spoofchk ?? (now.spoofchk === null ? null : true),
    trust: knobs.trust ?? (now.trust === null ? null : false),
    linkState: knobs.linkState ?? now.linkState,
  };
}

/** One field of a netdev that is to be another. */
export interface FieldChange {
  field: keyof NetdevChange;
  change: NetdevChange;
  /** For people: "mtu = 9000". */
  text: string;
}

// The link comes up last, when all the rest is right.
const FIELDS = ["name", "mac", "mtu", "promisc", "allmulti", "up"] as const;

/** What leads from one state of a netdev to another, field by field, in the order to set it. */
export function netdevChanges(now: NetdevInfo, wanted: NetdevChange): FieldChange[] {
  return FIELDS.filter((field) => wanted[field] !== undefined && wanted[field] !== now[field]).map(
    (field) => fieldChange(field, wanted),
  );
}

function fieldChange(field: keyof NetdevChange, wanted: NetdevChange): FieldChange {
  const value = wanted[field];
  return { field, change: { [field]: value }, text: `${field} = ${showValue(value)}` };
}

/** What of a netdev is given back. */
export function netdevState({ name, mac, mtu, promisc, allmulti, up }: NetdevInfo): NetdevChange {
  return { name, mac, mtu, promisc, allmulti, up };
}
