import { z } from "zod";
import { keyPath } from "../src/config/errors.ts";
import { absolutePath, integer, list, oneOf, text } from "../src/config/fields.ts";
import { MAX_QUEUES } from "../src/config/network-schema.ts";
import { vlanSchema, vlanTrunkSchema } from "../src/config/vlan-schema.ts";
import { ipSchema, macSchema } from "./addresses.ts";
import { isObject, type Json } from "./decode.ts";
import { NAME_ACCEPTED, NAME_PATTERN } from "./environment.ts";
import { CNI_ERROR, CniError, show } from "./errors.ts";
import { dnsSchema, prevResultSchema } from "./result.ts";

// RFC 791 section 3.2 and the 16 bits of the IPv4 total length; the network narrows it further.
const MTU_MIN = 68;
const MTU_MAX = 65535;

/** How a pod can be attached: what the key `mode` takes. */
export const MODES = '"fastpath" or "vf"';

// Limit of sockaddr_un, for the executable that reads this key.
const MAX_SOCKET_PATH = 107;

// Any other capability is refused: nobody here would do what it asks for.
const runtimeConfigSchema = z.strictObject(
  {
    mac: macSchema.optional(),
    ips: list(ipSchema, "addresses").optional(),
    // Multus passes these to every plugin of a network that has a resource name.
    deviceID: z.unknown().optional(),
    CNIDeviceInfoFile: z.unknown().optional(),
  },
  { error: "an object" },
);

// Conventions, "args in network config": what a plugin does not know it ignores.
const argsSchema = z.looseObject(
  {
    cni: z
      .looseObject(
        { mac: macSchema.optional(), ips: list(ipSchema, "addresses").optional() },
        { error: "an object" },
      )
      .optional(),
  },
  { error: "an object" },
);

/** Addresses from the agent's networks; other plugins are not called. */
export const ipamSchema = z.strictObject(
  {
    type: z
      .literal("millrace", {
        error: '"millrace" or no ipam at all: addresses come from the agent\'s networks',
      })
      .optional(),
  },
  { error: 'an object like {"type": "millrace"}' },
);

const netConfSchema = z.strictObject({
  cniVersion: z.string(),
  name: z.string(),
  type: z.string({ error: "the name of the executable" }).optional(),
  /** The Millrace network; that of the same name when absent. */
  network: text(NAME_PATTERN, NAME_ACCEPTED).optional(),
  mode: z.literal("fastpath", { error: MODES }).optional(),
  mtu: integer(MTU_MIN, MTU_MAX, "bytes").optional(),
  /** Queues of the pod's link, each way. */
  queues: integer(1, MAX_QUEUES, "queues").optional(),
  // Bridged networks only. The first two are named as in the bridge plugin, the third as in SR-IOV's.
  vlan: vlanSchema.optional(),
  vlanTrunk: vlanTrunkSchema.optional(),
  spoofchk: oneOf(["on", "off"]).optional(),
  ipam: ipamSchema.optional(),
  dns: dnsSchema.optional(),
  capabilities: z.record(z.string(), z.boolean(), { error: "an object of booleans" }).optional(),
  runtimeConfig: runtimeConfigSchema.optional(),
  args: argsSchema.optional(),
  prevResult: prevResultSchema.optional(),
  agentSocket: absolutePath(MAX_SOCKET_PATH).optional(),
  // Put there by libcni and Multus, or belonging to the list that the configuration came from.
  cniVersions: z.unknown().optional(),
  disableCheck: z.unknown().optional(),
  disableGC: z.unknown().optional(),
  loadOnlyInlinedPlugins: z.unknown().optional(),
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
  const parsed = netConfSchema.safeParse(withoutNulls(raw));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw issue === undefined ? new CniError(CNI_ERROR.invalidConfig, "invalid") : refuse(raw, issue);
}

function refuse(raw: Json, issue: z.core.$ZodIssue): CniError {
  if (issue.code === "unrecognized_keys") {
    const path = [...issue.path, issue.keys[0] ?? ""];
    const schema = { ipam: ipamSchema, runtimeConfig: runtimeConfigSchema }[String(issue.path[0])];
    const accepted = Object.keys((schema ?? netConfSchema).shape).join(", ");
    const msg = `unsupported field in the network configuration: ${describe(raw, path)}`;
    return new CniError(CNI_ERROR.unsupportedField, msg, `accepted: ${accepted}`);
  }
  const msg = `invalid network configuration: ${describe(raw, issue.path)}`;
  return new CniError(CNI_ERROR.invalidConfig, msg, `accepted: ${issue.message}`);
}

function describe(raw: Json, path: readonly PropertyKey[]): string {
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], raw);
  return `${keyPath(path)} = ${show(value)}`;
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
