import { z } from "zod";
import { integer, list, oneOf, text } from "../config/fields.ts";

// What requests about the forwarding tables may say. Whether it fits the tables is checked later.

/** Buckets of a group: with more next hops some would get nothing. */
const MAX_NEXT_HOPS = 64;
const MAX_VLAN = 4094;
const MAX_ROUTES_SHOWN = 1_000_000;
const DEFAULT_ROUTES_SHOWN = 1000;

const words = (error: string) => z.string({ error }).describe(error);

const portText = "a port by number, interface, containerId:ifname, namespace/name or pod address";
const port = z
  .union([z.string(), z.int().min(0)], { error: portText })
  .transform(String)
  .describe(portText);
const network = z.string({ error: "the name of a network" }).min(1, "the name of a network");
const prefix = words('a prefix like "10.9.0.0/24" or "fd00:9::/64"');
const address = words('an address like "10.0.12.2" or "fd00:12::2"');
const mac = words('a MAC address like "02:00:5e:10:00:01"');
const vlan = integer(0, MAX_VLAN, "VLAN");
const op = oneOf(["add", "replace", "del"]);
const flag = z.boolean({ error: "true or false" });

const via = z.strictObject(
  {
    address: address.default(""),
    port: port.default(""),
    weight: integer(1, 256, "share of the packets").default(1),
  },
  { error: "{address, port, weight}" },
);

const routeChange = z.strictObject(
  {
    op,
    prefix,
    type: oneOf(["unicast", "blackhole", "unreachable", "prohibit", "leak"]).default("unicast"),
    via: list(via, "next hops {address, port, weight}")
      .max(MAX_NEXT_HOPS, { error: `at most ${MAX_NEXT_HOPS} next hops` })
      .default([]),
    leakTo: words("the name of a network").default(""),
    count: flag.default(false),
  },
  { error: "{op, prefix, type, via, leakTo, count}" },
);

const neighbourChange = z.strictObject(
  { op, port, address, mac: mac.default("") },
  { error: "{op, port, address, mac}" },
);

const fdbChange = z.strictObject(
  {
    op,
    mac,
    vlan: vlan.nullable().default(null),
    port: port.default(""),
    peer: address.default(""),
  },
  { error: "{op, mac, vlan, port, peer}" },
);

const changes = <T extends z.ZodType>(change: T) =>
  z.strictObject({
    network,
    changes: list(change, "changes").min(1, { error: "at least one change" }),
  });

export const routesBody = changes(routeChange);
export const neighboursBody = changes(neighbourChange);
export const fdbBody = changes(fdbChange);

/** The port goes by `port` or by `interface`. */
export const moveBody = z.strictObject({
  port: port.default(""),
  interface: words("the name of an interface").default(""),
  queue: integer(0, 4095, "queue of the port"),
  worker: integer(0, 4095, "worker"),
});

export const traceBody = z.strictObject({
  from: port,
  source: address.default(""),
  to: address,
  protocol: oneOf(["udp", "tcp", "icmp"]).default("udp"),
  sourcePort: integer(0, 65535, "port").default(40000),
  destinationPort: integer(0, 65535, "port").default(9),
  length: integer(20, 65535, "bytes of the IP packet").default(100),
  ttl: integer(1, 255, "hops").default(64),
  mac: mac.default(""),
  vlan: vlan.nullable().default(null),
});

/** An integer in the text of a query. */
const digits = (min: number, max: number, unit: string) => {
  const error = `an integer from ${min} to ${max} (${unit})`;
  return text(/^\d{1,9}$/, error)
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error });
};

const everyNetwork = words("the name of a network").default("");

export const routesQuery = z.strictObject({
  network: everyNetwork,
  family: oneOf(["4", "6"])
    .transform((family) => (family === "4" ? 4 : 6))
    .optional(),
  within: prefix.default(""),
  match: address.default(""),
  source: oneOf(["pod", "static", "kernel", "local", "neighbour"]).optional(),
  limit: digits(1, MAX_ROUTES_SHOWN, "routes").default(DEFAULT_ROUTES_SHOWN),
});

export const neighboursQuery = z.strictObject({
  network: everyNetwork,
  port: words(portText).default(""),
  unresolved: oneOf(["true", "false"]).default("false"),
});

export const fdbQuery = z.strictObject({
  network: everyNetwork,
  mac: mac.default(""),
  vlan: digits(0, MAX_VLAN, "VLAN").optional(),
  port: words(portText).default(""),
});
