import { z } from "zod";
import { AnnotationError, readJson } from "./annotation-error.ts";
import type { FabricEndpoint, FabricNetwork, FabricNode } from "./fabric.ts";
import {
  mac,
  orNone,
  prefix,
  stationAddress,
  udpPort,
  underlayAddress,
  vni,
} from "./node-fields.ts";

// What a Millrace node says of itself in the annotations of its Node. Endpoints have an annotation
// for each network, so that a pod that comes or goes rewrites those of its own network only.

export const VTEPS = "millrace.io/vteps";
export const NETWORKS = "millrace.io/networks";
const ENDPOINTS = "millrace.io/endpoints-";

export const endpointsKey = ({ udpPort, vni }: Pick<FabricNetwork, "udpPort" | "vni">) =>
  `${ENDPOINTS}${udpPort}-${vni}`;

/** Whether an annotation is one of those written here. */
export const isNodeAnnotation = (key: string) =>
  key === VTEPS || key === NETWORKS || key.startsWith(ENDPOINTS);

const address = (family: 4 | 6) => orNone(underlayAddress(family)).default("");
const vtepsSchema = z
  .array(z.object({ udpPort, address4: address(4), address6: address(6) }), { error: "a list" })
  .min(1, { error: "at least one VTEP" })
  .refine((vteps) => vteps.every((one) => one.address4 !== "" || one.address6 !== ""), {
    error: "VTEPs with an address4 or an address6",
  })
  .refine((vteps) => new Set(vteps.map((one) => one.udpPort)).size === vteps.length, {
    error: "each udpPort once",
  });
const networksSchema = z.array(
  z.object({ vni, udpPort, mac: orNone(mac).default(""), prefixes: z.array(prefix).default([]) }),
  { error: "a list" },
);
const endpointsSchema = z.array(
  z.object({ mac: orNone(mac).default(""), addresses: z.array(stationAddress).default([]) }),
  { error: "a list" },
);

/** Annotations that say what the node is, by key. Those of endpoints come last. */
export function writeNodeAnnotations(node: FabricNode): Map<string, string> {
  const vteps = node.vteps.map(({ udpPort, address4, address6 }) => ({
    ...{ udpPort, address4, address6 },
  }));
  const networks = node.networks.map(({ vni, udpPort, mac, prefixes }) => ({
    ...{ vni, udpPort, mac, prefixes },
  }));
  const written = new Map([
    [VTEPS, JSON.stringify(vteps)],
    [NETWORKS, JSON.stringify(networks)],
  ]);
  for (const [key, endpoints] of endpointsByKey(node)) written.set(key, writeEndpoints(endpoints));
  return written;
}

/** Value of an annotation of endpoints. */
export function writeEndpoints(endpoints: readonly FabricEndpoint[]): string {
  return JSON.stringify(endpoints.map(({ mac, addresses }) => ({ mac, addresses })));
}

/** Endpoints of each network that has any, under the key of their annotation. */
export function endpointsByKey(node: FabricNode): Map<string, FabricEndpoint[]> {
  const byKey = new Map<string, FabricEndpoint[]>();
  for (const network of node.networks) {
    if (network.endpoints.length === 0) continue;
    const key = endpointsKey(network);
    byKey.set(key, [...(byKey.get(key) ?? []), ...network.endpoints]);
  }
  return byKey;
}

/**
 * The node that annotations describe; null when they say nothing of this kind.
 * @throws AnnotationError for the first annotation that makes no sense, or is missing beside others
 */
export function readNodeAnnotations(
  name: string,
  annotations: Readonly<Record<string, string>>,
): FabricNode | null {
  if (!Object.keys(annotations).some(isNodeAnnotation)) return null;
  const vteps = readJson(annotations, VTEPS, vtepsSchema);
  const networks = readJson(annotations, NETWORKS, networksSchema);
  const ports = new Set(vteps.map((one) => one.udpPort));
  const stray = networks.find((one) => !ports.has(one.udpPort));
  if (stray !== undefined) {
    const reason = `VNI ${stray.vni} is on UDP port ${stray.udpPort}; accepted: one of ${VTEPS}`;
    throw new AnnotationError(NETWORKS, annotations[NETWORKS], reason);
  }
  const read = new Set<string>();
  return { name, vteps, networks: networks.map((one) => withEndpoints(one, annotations, read)) };
}

function withEndpoints(
  network: Omit<FabricNetwork, "endpoints">,
  annotations: Readonly<Record<string, string>>,
  read: Set<string>,
): FabricNetwork {
  const key = endpointsKey(network);
  if (read.has(key) || annotations[key] === undefined) return { ...network, endpoints: [] };
  read.add(key);
  return { ...network, endpoints: readJson(annotations, key, endpointsSchema) };
}
