import { z } from "zod";
import { integer, list, oneOf } from "../src/config/fields.ts";
import { MAX_QUEUES } from "../src/config/network-schema.ts";
import { vlanSchema, vlanTrunkSchema } from "../src/config/vlan-schema.ts";
import { ipSchema, macSchema } from "./addresses.ts";
import { isObject, type Json } from "./decode.ts";
import { withoutIpamCapabilities } from "./ipam/call.ts";
import { faultOf } from "./netconf-errors.ts";
import { commonKeys, MODES, object } from "./netconf-keys.ts";

// Any other capability is refused: nobody here would do what it asks for.
const runtimeConfigSchema = z.strictObject(
  {
    mac: macSchema.optional(),
    ips: list(ipSchema, "addresses").optional(),
    // Multus passes these to every plugin of a network that has a resource name.
    deviceID: z.unknown().optional(),
    CNIDeviceInfoFile: z.unknown().optional(),
  },
  object,
);

// Conventions, "args in network config": what a plugin does not know it ignores.
const argsSchema = z.looseObject(
  {
    cni: z
      .looseObject(
        { mac: macSchema.optional(), ips: list(ipSchema, "addresses").optional() },
        object,
      )
      .optional(),
  },
  object,
);

const netConfSchema = z.strictObject({
  mode: z.literal("fastpath", { error: MODES }).optional(),
  /** Queues of the pod's link, each way. */
  queues: integer(1, MAX_QUEUES, "queues").optional(),
  // Bridged networks only. The first two are named as in the bridge plugin, the third as in SR-IOV's.
  vlan: vlanSchema.optional(),
  vlanTrunk: vlanTrunkSchema.optional(),
  spoofchk: oneOf(["on", "off"]).optional(),
  runtimeConfig: runtimeConfigSchema.optional(),
  args: argsSchema.optional(),
  ...commonKeys,
  // Multus puts these there too.
  deviceID: z.unknown().optional(),
  pciBusID: z.unknown().optional(),
});

/** One plugin configuration object of mode fastpath: CNI spec 1.1.0, sections 1 and 3. */
export type NetConf = z.output<typeof netConfSchema>;

/**
 * Checks a whole network configuration.
 * @throws CniError 2 for a key that is not supported, 7 for a value; both name key and value
 */
export function parseNetConf(raw: Json): NetConf {
  const parsed = netConfSchema.safeParse(withoutNulls(withoutIpamCapabilities(raw)));
  if (parsed.success) return parsed.data;
  throw faultOf(netConfSchema, raw, parsed.error);
}

/** Go decodes null as "not there"; keys of the cni.dev/ space belong to the runtime. */
function withoutNulls(raw: Json): Json {
  const present = Object.entries(raw).filter(
    ([key, value]) => value !== null && !key.startsWith("cni.dev/"),
  );
  return Object.fromEntries(
    present.map(([key, value]) => [key, isObject(value) ? dropNulls(value) : value]),
  );
}

function dropNulls(object: Json): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}
