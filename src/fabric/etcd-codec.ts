import { z } from "zod";
import { endpointKey, networkId, nodeKey } from "./etcd-keys.ts";
import type { FabricNode } from "./fabric.ts";
import {
  mac,
  orNone,
  prefix,
  stationAddress,
  udpPort,
  underlayAddress,
  vni,
} from "./node-fields.ts";

/** Raised when the meaning of an entry changes; entries of another version are rejected. */
export const ENTRY_VERSION = 1;

const address = (family: 4 | 6) => orNone(underlayAddress(family)).default("");

const vtep = z
  .object({ udpPort, address4: address(4), address6: address(6) })
  .refine((one) => one.address4 !== "" || one.address6 !== "", "address4 or address6");

const network = z.object({ vni, udpPort, mac: orNone(mac), prefixes: z.array(prefix) });

const version = z.literal(ENTRY_VERSION);

// Keys that are unknown are passed over: a later release may add some without a new version.
const nodeSchema = z
  .object({
    version,
    vteps: z.array(vtep).min(1),
    networks: z.array(network),
  })
  .refine(({ vteps }) => unique(vteps.map((one) => one.udpPort)), "VTEPs with different udpPort")
  .refine(({ networks }) => unique(networks.map(networkId)), "networks that differ in udpPort, vni")
  .refine(
    ({ vteps, networks }) =>
      networks.every((one) => vteps.some((other) => other.udpPort === one.udpPort)),
    "networks whose udpPort is that of a VTEP",
  );

const endpointSchema = z.object({ version, addresses: z.array(stationAddress) });

/** Of a node, without its name and endpoints, which are in keys. */
export type NodeBody = Omit<z.output<typeof nodeSchema>, "version">;

/** @throws Error saying what is wrong with the value of a node's key */
export function decodeNode(text: string): NodeBody {
  const { vteps, networks } = decode(nodeSchema, text);
  return { vteps, networks };
}

/** @throws Error saying what is wrong with the value of an endpoint's key */
export function decodeEndpoint(text: string): string[] {
  return decode(endpointSchema, text).addresses;
}

/**
 * Everything that the store holds of a node: key to value, the node's own key first.
 * @throws RangeError for a name or MAC address that no key can hold
 */
export function encodeNode(prefix: string, node: FabricNode): Map<string, string> {
  const { name, vteps, networks } = node;
  const body = {
    version: ENTRY_VERSION,
    vteps,
    networks: networks.map(({ endpoints: _, ...rest }) => rest),
  };
  const entries = new Map([[nodeKey(prefix, name), JSON.stringify(body)]]);
  for (const of of networks) {
    for (const { mac, addresses } of of.endpoints) {
      const key = endpointKey(prefix, { network: networkId(of), node: name, mac });
      entries.set(key, JSON.stringify({ version: ENTRY_VERSION, addresses }));
    }
  }
  return entries;
}

function decode<T extends z.ZodType>(schema: T, text: string): z.output<T> {
  const result = schema.safeParse(parseJson(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join(".") ?? "";
  throw new Error(`${path === "" ? "" : `${path}: `}${issue?.message ?? "not understood"}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`not JSON: ${(error as Error).message}`, { cause: error });
  }
}

const unique = (values: readonly unknown[]): boolean => new Set(values).size === values.length;
