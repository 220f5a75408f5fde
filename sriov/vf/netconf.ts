import { macSchema } from "../../cni/addresses.ts";
import { isObject, type Json } from "../../cni/decode.ts";
import { withoutIpamCapabilities } from "../../cni/ipam/call.ts";
import { type Fault, faultOf, invalidValue } from "../../cni/netconf-errors.ts";
import type { Bdf } from "../types.ts";
import { checkKnobs } from "./knob-checks.ts";
import type { VfKnobs } from "./knobs.ts";
import { type VfNetConf, vfNetConfSchema } from "./netconf-schema.ts";

/** What a configuration of mode vf asks for, checked as far as can be without looking at the VF. */
export interface VfAsked {
  /** null when any VF of a pool will do. */
  device: Bdf | null;
  knobs: VfKnobs;
  conf: VfNetConf;
}

/**
 * Checks a whole network configuration of mode vf: every key, then all knobs together.
 * @param args CNI_ARGS
 * @throws CniError 2 for a key that is not supported, 4 for a value in CNI_ARGS, 7 for one in the
 *   configuration; all name key, value and what is accepted
 */
export function parseVfNetConf(raw: Json, args: ReadonlyMap<string, string> = new Map()): VfAsked {
  const present = withoutEmpty(withoutIpamCapabilities(raw));
  const parsed = vfNetConfSchema.safeParse(present);
  if (!parsed.success) throw faultOf(vfNetConfSchema, present, parsed.error);
  const conf = parsed.data;
  const fault: Fault = (key, accepted, reason) => invalidValue(present, [key], accepted, reason);
  const knobs = { ...knobsOf(conf), ...macOf(conf, args) };
  checkKnobs(knobs, fault);
  return { device: deviceOf(conf, fault), knobs, conf };
}

// Go decodes null as "not there", and sriov-cni takes "" for it too, as templates leave it behind.
function withoutEmpty(raw: Json): Json {
  const present = Object.entries(raw).filter(
    ([key, value]) => value !== null && value !== "" && !key.startsWith("cni.dev/"),
  );
  return Object.fromEntries(
    present.map(([key, value]) => [key, isObject(value) ? withoutEmpty(value) : value]),
  );
}

function knobsOf(conf: VfNetConf): VfKnobs {
  const { vlan, vlanQoS, vlanProto, mtu } = conf;
  const { link_state: linkState, min_tx_rate: minTxRate, max_tx_rate: maxTxRate } = conf;
  return {
    ...(vlan !== undefined && { vlan }),
    ...(vlanQoS !== undefined && { vlanQoS }),
    ...(vlanProto !== undefined && { vlanProto }),
    ...(conf.spoofchk !== undefined && { spoofchk: conf.spoofchk === "on" }),
    ...(conf.trust !== undefined && { trust: conf.trust === "on" }),
    ...(linkState !== undefined && { linkState }),
    ...(minTxRate !== undefined && { minTxRate }),
    ...(maxTxRate !== undefined && { maxTxRate }),
    ...(mtu !== undefined && { mtu }),
    ...(conf.promisc !== undefined && { promisc: conf.promisc === "on" }),
    ...(conf.allmulti !== undefined && { allmulti: conf.allmulti === "on" }),
  };
}

// Conventions: runtimeConfig wins over args, args over CNI_ARGS, and all over the file.
function macOf(conf: VfNetConf, args: ReadonlyMap<string, string>): VfKnobs {
  const said = conf.runtimeConfig?.mac ?? conf.args?.cni?.mac;
  const mac = said ?? macArgument(args.get("MAC") ?? "") ?? conf.mac;
  return mac === undefined ? {} : { mac };
}

function macArgument(value: string): string | undefined {
  if (value === "") return undefined;
  const parsed = macSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidValue({ MAC: value }, ["MAC"], String(parsed.error.issues[0]?.message), "", true);
}

/** Multus writes the same address under up to three keys. */
function deviceOf({ deviceID, runtimeConfig, pciBusID }: VfNetConf, fault: Fault): Bdf | null {
  const device = deviceID ?? runtimeConfig?.deviceID ?? pciBusID ?? null;
  if (pciBusID !== undefined && pciBusID !== device) {
    throw fault("pciBusID", "the same device, or one key of the two", `deviceID is ${device}`);
  }
  return device;
}
