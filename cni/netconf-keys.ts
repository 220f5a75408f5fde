import { z } from "zod";
import { absolutePath, integer, text } from "../src/config/fields.ts";
import { NAME_ACCEPTED, NAME_PATTERN } from "./environment.ts";
import { BUILT_IN, PLUGIN_ACCEPTED, PLUGIN_PATTERN } from "./ipam/call.ts";
import { dnsSchema, prevResultSchema } from "./result.ts";

// RFC 791 section 3.2 and the 16 bits of the IPv4 total length; network or driver narrow it further.
const MTU_MIN = 68;
const MTU_MAX = 65535;

// Limit of sockaddr_un, for the executable that reads this key.
const MAX_SOCKET_PATH = 107;
// PATH_MAX without the final zero.

/** How a pod can be attached: what the key `mode` takes. */
export const MODES = '"fastpath" or "vf"';

/** What "an object" is called in errors. */
export const object = { error: "an object" };

/** Keys beside the type are those of the plugin; the agent's networks take none. */
const ipamSchema = z
  .looseObject(
    { type: text(PLUGIN_PATTERN, PLUGIN_ACCEPTED).optional() },
    { error: 'an object like {"type": "millrace"}' },
  )
  .superRefine(({ type = BUILT_IN, ...more }, context) => {
    const keys = Object.keys(more);
    if (type !== BUILT_IN || keys.length === 0) return;
    context.addIssue({ code: "unrecognized_keys", keys, input: more });
  });

/** Keys of a network configuration of any mode: CNI spec 1.1.0, sections 1 and 3. */
export const commonKeys = {
  cniVersion: z.string().optional(),
  name: z.string(),
  type: z.string({ error: "the name of the executable" }).optional(),
  /** The Millrace network. */
  network: text(NAME_PATTERN, NAME_ACCEPTED).optional(),
  mtu: integer(MTU_MIN, MTU_MAX, "bytes").optional(),
  ipam: ipamSchema.optional(),
  dns: dnsSchema.optional(),
  capabilities: z.record(z.string(), z.boolean(), { error: "an object of booleans" }).optional(),
  prevResult: prevResultSchema.optional(),
  agentSocket: absolutePath(MAX_SOCKET_PATH).optional(),
  spoolDir: absolutePath().optional(),
  // Put there by libcni and Multus, or belonging to the list that the configuration came from.
  cniVersions: z.unknown().optional(),
  disableCheck: z.unknown().optional(),
  disableGC: z.unknown().optional(),
  loadOnlyInlinedPlugins: z.unknown().optional(),
};
