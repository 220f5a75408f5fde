import { z } from "zod";
import { ipSchema, macSchema } from "../../cni/addresses.ts";
import { commonKeys, MODES, object } from "../../cni/netconf-keys.ts";
import { bdfSchema } from "../../src/config/bdf.ts";
import { absolutePath, integer, list, oneOf, text } from "../../src/config/fields.ts";
import { MAX_VLAN } from "../../src/config/vlan-schema.ts";

// The kernel's drivers take an int (ndo_set_vf_rate).
const MAX_RATE = 2 ** 31 - 1;
// IEEE 802.1Q 6.9.3: three bits.
const MAX_PRIORITY = 7;

const onOff = oneOf(["on", "off"]);
const rate = integer(0, MAX_RATE, "Mbit/s; 0 for no limit");

/** The keys of the sriov-cni plugin with its words and units, and three that it lacks. */
export const vfKeys = {
  deviceID: bdfSchema.optional(),
  pciBusID: bdfSchema.optional(),
  vlan: integer(0, MAX_VLAN, "VLAN id; 0 for none").optional(),
  vlanQoS: integer(0, MAX_PRIORITY, "priority").optional(),
  vlanProto: z
    .preprocess(
      (value) => (typeof value === "string" ? value.toLowerCase() : value),
      oneOf(["802.1q", "802.1ad"]),
    )
    .optional(),
  mac: macSchema.optional(),
  spoofchk: onOff.optional(),
  trust: onOff.optional(),
  link_state: oneOf(["auto", "enable", "disable"]).optional(),
  min_tx_rate: rate.optional(),
  max_tx_rate: rate.optional(),
  logLevel: oneOf(["panic", "fatal", "error", "warning", "info", "debug"]).optional(),
  logFile: absolutePath().optional(),
  promisc: onOff.optional(),
  allmulti: onOff.optional(),
};

const POOL_PATTERN = /^([a-z0-9.-]{1,244}\/)?[A-Za-z0-9._-]{1,63}$/;
const POOL_ACCEPTED = 'the name of a pool like "fast" or "millrace.io/fast"';

const ips = list(ipSchema, "addresses").optional();
const argsSchema = z.looseObject({ mac: macSchema.optional(), ips }, object);

// Any other capability is refused: nobody here would do what it asks for.
const runtimeConfigSchema = z.strictObject(
  {
    mac: macSchema.optional(),
    deviceID: bdfSchema.optional(),
    ips,
    CNIDeviceInfoFile: absolutePath().optional(),
  },
  object,
);

/**
 * A whole network configuration of mode vf: CNI spec 1.1.0, sections 1 and 3. `network` gives the
 * addresses, or the network of the same name with ipam "millrace".
 */
export const vfNetConfSchema = z.strictObject({
  ...vfKeys,
  mode: z.literal("vf", { error: MODES }).optional(),
  /** Pool to take a VF from, where no device was given. */
  pool: text(POOL_PATTERN, POOL_ACCEPTED).optional(),
  runtimeConfig: runtimeConfigSchema.optional(),
  args: z.looseObject({ cni: argsSchema.optional() }, object).optional(),
  ...commonKeys,
});

export type VfNetConf = z.output<typeof vfNetConfSchema>;
