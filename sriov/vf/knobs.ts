import type { VfSettings } from "../types.ts";

export type VlanProto = VfSettings["vlanProto"];
export type LinkState = NonNullable<VfSettings["linkState"]>;

/** What a network configuration asks for; absent where it does not. */
export interface VfKnobs {
  vlan?: number;
  vlanQoS?: number;
  vlanProto?: VlanProto;
  mac?: string;
  spoofchk?: boolean;
  trust?: boolean;
  linkState?: LinkState;
  /** Mbit/s; 0: no limit. */
  minTxRate?: number;
  maxTxRate?: number;
  mtu?: number;
  promisc?: boolean;
  allmulti?: boolean;
}

/** Knobs by the keys that people write them with. */
export const KNOB_KEYS = {
  vlan: "vlan",
  vlanQoS: "vlanQoS",
  vlanProto: "vlanProto",
  mac: "mac",
  spoofchk: "spoofchk",
  trust: "trust",
  linkState: "link_state",
  minTxRate: "min_tx_rate",
  maxTxRate: "max_tx_rate",
  mtu: "mtu",
  promisc: "promisc",
  allmulti: "allmulti",
} as const satisfies Record<keyof VfKnobs, string>;

/** "trust = on, min_tx_rate = 100": knobs and their values as people write them. */
export function showKnobs(knobs: VfKnobs): string {
  const entries = Object.entries(knobs) as [keyof VfKnobs, unknown][];
  return entries.map(([knob, value]) => `${KNOB_KEYS[knob]} = ${showValue(value)}`).join(", ");
}

/** A value as people write it. */
export function showValue(value: unknown): string {
  return typeof value === "boolean" ? (value ? "on" : "off") : String(value);
}

/** Those of some knobs that were asked for. */
export function pickKnobs(knobs: VfKnobs, names: readonly (keyof VfKnobs)[]): VfKnobs {
  return Object.fromEntries(
    names.flatMap((name) => (knobs[name] === undefined ? [] : [[name, knobs[name]]])),
  );
}
