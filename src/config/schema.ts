import { z } from "zod";
import { dataplaneSchema } from "./dataplane-schema.ts";
import { fabricSchema } from "./fabric-schema.ts";
import { absolutePath, integer, list, oneOf, text } from "./fields.ts";
import { networkSchema } from "./network-schema.ts";
import { sriovSchema } from "./sriov-schema.ts";
import { MAX_VTEPS, vtepSchema } from "./vtep-schema.ts";

/** sun_path of a unix socket address holds 108 bytes with the final zero (unix(7)). */
const SOCKET_PATH_BYTES = 107;

const log = z.strictObject({
  level: oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
});

const metrics = z.strictObject({
  /** "unix" serves /metrics on the agent's socket; a port is only opened on the loopback. */
  listen: text(
    /^(unix|127\.0\.0\.1:\d{1,5}|\[::1\]:\d{1,5})$/,
    '"unix", "127.0.0.1:PORT" or "[::1]:PORT"',
  ).default("unix"),
});

/** The YAML of `millrace agent --config FILE`. Unknown keys are errors. */
export const configSchema = z.strictObject({
  /** Where the CNI executable and the CLI find the agent. */
  socket: absolutePath(SOCKET_PATH_BYTES).default("/run/millrace/agent.sock"),
  /** Holds the journal; must survive a reboot. */
  stateDir: absolutePath().default("/var/lib/millrace"),
  /** DELs that came while the agent was away; `spool` in `stateDir` when absent. */
  spoolDir: absolutePath().optional(),
  /** Seconds between two comparisons of journal and kernel. */
  reconcileInterval: integer(1, 3600, "seconds").default(30),
  log: log.prefault({}),
  metrics: metrics.prefault({}),
  dataplane: dataplaneSchema.prefault({}),
  networks: list(networkSchema, "networks").default([]),
  /** VXLAN tunnel endpoints of this node. */
  vteps: list(vtepSchema, "{name, underlay}")
    .max(MAX_VTEPS, { error: `at most ${MAX_VTEPS} VTEPs` })
    .default([]),
  /** Where the other nodes are found; needed as soon as a network has a `vni`. */
  fabric: fabricSchema.optional(),
  /**
   * Writes what pods have got into their annotations: attachment.millrace.io/INTERFACE. Needs patch
   * of pods/status.
   */
  podAnnotations: z
    .strictObject({
      /** Default: the service account of the agent's own pod. */
      kubeconfig: absolutePath().optional(),
    })
    .optional(),
  /** PFs that get VFs, and VFs that are given to pods. */
  sriov: sriovSchema.prefault({}),
});

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** A checked configuration with every default filled in; frozen to the leaves. */
export type Config = DeepReadonly<z.output<typeof configSchema>>;
export type NetworkConfig = Config["networks"][number];
export type UplinkConfig = NetworkConfig["uplinks"][number];
export type VtepConfig = Config["vteps"][number];
export type FabricConfig = NonNullable<Config["fabric"]>;
export type DataplaneConfig = Config["dataplane"];
export type SriovConfig = Config["sriov"];
export type SriovPolicy = SriovConfig["policies"][number];
export type SriovPool = SriovConfig["pools"][number];

/** JSON Schema (draft 2020-12) of the YAML, for editors and CI of those who write it. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, { io: "input" });
  return { ...schema, title: "Millrace agent configuration" };
}
