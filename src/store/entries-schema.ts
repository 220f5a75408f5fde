import { z } from "zod";

/** Raised when the meaning of a key changes; an agent refuses a file of another version. */
export const ENTRIES_VERSION = 1;

const via = z.strictObject({ address: z.string(), port: z.string(), weight: z.int() });

const route = z.strictObject({
  prefix: z.string(),
  type: z.enum(["unicast", "blackhole", "unreachable", "prohibit", "leak"]),
  via: z.array(via),
  leakTo: z.string(),
  count: z.boolean(),
});

const neighbour = z.strictObject({ port: z.string(), address: z.string(), mac: z.string() });

const fdb = z.strictObject({
  mac: z.string(),
  vlan: z.int(),
  port: z.string(),
  /** Absent in files of agents that knew no overlay. */
  peer: z.string().default(""),
});

const network = z.strictObject({
  routes: z.array(route),
  neighbours: z.array(neighbour),
  fdb: z.array(fdb),
});

/** The file as it is on the disk. */
export const entriesSchema = z.strictObject({
  version: z.literal(ENTRIES_VERSION),
  networks: z.record(z.string(), network),
});

/** Ports are kept by their interface: their numbers are others after a restart. */
export type StoredRoute = z.output<typeof route>;
export type StoredNeighbour = z.output<typeof neighbour>;
export type StoredFdb = z.output<typeof fdb>;
