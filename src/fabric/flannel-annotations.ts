import { z } from "zod";
import type { Family } from "../networks/ip.ts";
import { canonicalCidr, parseCidr } from "../networks/ip.ts";
import { AnnotationError, readJson } from "./annotation-error.ts";
import type { FabricNetwork, FabricNode } from "./fabric.ts";
import { mac, underlayAddress, vni } from "./node-fields.ts";

// Annotations by which nodes of flannel's VXLAN backend find one another (flannel 0.28,
// pkg/subnet/kube/annotations.go and pkg/backend/vxlan/vxlan.go). They do not carry the UDP port,
// which is the same in the whole cluster, nor the prefixes, which are the Node's own podCIDRs.

const PREFIX = "flannel.alpha.coreos.com";
export const MANAGED = `${PREFIX}/kube-subnet-manager`;
export const BACKEND_TYPE = `${PREFIX}/backend-type`;
export const BACKEND_DATA = {
  4: `${PREFIX}/backend-data`,
  6: `${PREFIX}/backend-v6-data`,
} as const;
export const PUBLIC_IP = { 4: `${PREFIX}/public-ip`, 6: `${PREFIX}/public-ipv6` } as const;
/** Set by people: the address that others use for a node behind NAT. */
export const PUBLIC_IP_OVERWRITE = {
  4: `${PREFIX}/public-ip-overwrite`,
  6: `${PREFIX}/public-ipv6-overwrite`,
} as const;
export const FAMILIES = [4, 6] as const;
/** The kernel's default for a vxlan device, which flannel leaves as it is. */
export const FLANNEL_PORT = 8472;

/** What flannel's annotations are about, of which they name the VNI alone. */
export interface FlannelOverlay {
  vni: number;
  udpPort: number;
}

/** What is read of a Node. */
export interface NodeFacts {
  annotations: Readonly<Record<string, string>>;
  /** spec.podCIDRs */
  podCidrs: readonly string[];
}

const backendData = z.object({ VNI: vni, VtepMAC: mac }, { error: '{"VNI":1,"VtepMAC":"…"}' });

/** Exactly the bytes that flannel writes and, to find its MAC again, reads without a JSON parser. */
export function writeBackendData(vni: number, mac: string): string {
  return JSON.stringify({ VNI: vni, VtepMAC: mac });
}

/**
 * A flannel node as a node of the fabric; null when the annotations are not those of one, or its
 * backend is not VXLAN.
 *
 * flannel has a device for each address family with a MAC of its own, and carries IPv4 over IPv4
 * and IPv6 over IPv6 alone. So a node with both has one VTEP with two addresses and two networks of
 * the same VNI, of which the one counts whose family it is reached over; a node that gave both
 * families one MAC has one network.
 * @param overlay the one that it has to be in
 * @throws AnnotationError for the first annotation that makes no sense, or is about another overlay
 */
export function readFlannelNode(
  name: string,
  facts: NodeFacts,
  { vni, udpPort }: FlannelOverlay,
): FabricNode | null {
  const { annotations } = facts;
  if (!isFlannelVxlan(annotations)) return null;
  const halves = FAMILIES.map((family) => readHalf(family, facts, vni));
  const present = halves.filter((half) => half !== null);
  if (present.length === 0) {
    throw new AnnotationError(BACKEND_DATA[4], annotations[BACKEND_DATA[4]], "accepted: JSON");
  }
  const [address4 = "", address6 = ""] = halves.map((half) => half?.address ?? "");
  const networks = present.map(
    ({ mac, prefixes }): FabricNetwork => ({
      ...{ vni, udpPort, mac, prefixes, endpoints: [] },
    }),
  );
  return { name, vteps: [{ udpPort, address4, address6 }], networks: merged(networks) };
}

/** VTEPs of a flannel node, one for each family; without those that make no sense. */
export function readFlannelVteps(
  annotations: Readonly<Record<string, string>>,
): { vni: number; mac: string }[] {
  if (!isFlannelVxlan(annotations)) return [];
  return FAMILIES.flatMap((family) => {
    try {
      const { VNI, VtepMAC } = readJson(annotations, BACKEND_DATA[family], backendData);
      return { vni: VNI, mac: VtepMAC };
    } catch {
      return [];
    }
  });
}

const isFlannelVxlan = (annotations: Readonly<Record<string, string>>) =>
  annotations[MANAGED] === "true" && annotations[BACKEND_TYPE] === "vxlan";

interface Half {
  mac: string;
  address: string;
  prefixes: string[];
}

function readHalf(family: Family, facts: NodeFacts, vni: number): Half | null {
  const key = BACKEND_DATA[family];
  const data = facts.annotations[key];
  // What flannel writes where a backend has no data; a node that was on host-gw may still have it.
  if (data === undefined || data === "null") return null;
  const { VNI, VtepMAC } = readJson(facts.annotations, key, backendData);
  if (VNI !== vni) {
    const accepted = `accepted: VNI ${vni} (fabric.flannelBackendVni)`;
    throw new AnnotationError(key, data, `VNI ${VNI}; ${accepted}`);
  }
  const address = readPublicIp(family, facts.annotations);
  const prefixes = podPrefixes(family, facts.podCidrs);
  if (prefixes.length === 0) {
    const found = facts.podCidrs.join(", ") || undefined;
    throw new AnnotationError("spec.podCIDRs", found, `accepted: an IPv${family} prefix`);
  }
  return { mac: VtepMAC, address, prefixes };
}

function readPublicIp(family: Family, annotations: Readonly<Record<string, string>>): string {
  const key = PUBLIC_IP[family];
  const parsed = underlayAddress(family).safeParse(annotations[key]);
  if (parsed.success) return parsed.data;
  const accepted = parsed.error.issues[0]?.message ?? "";
  throw new AnnotationError(key, annotations[key], `accepted: ${accepted}`);
}

/** Those of spec.podCIDRs that are of this family. */
export function podPrefixes(family: Family, podCidrs: readonly string[]): string[] {
  return podCidrs.filter((cidr) => isFamily(family, cidr)).map(canonicalCidr);
}

function isFamily(family: Family, cidr: string): boolean {
  try {
    return parseCidr(cidr).address.family === family;
  } catch {
    throw new AnnotationError("spec.podCIDRs", cidr, "accepted: CIDR prefixes");
  }
}

function merged(networks: FabricNetwork[]): FabricNetwork[] {
  const [first, second] = networks;
  if (first === undefined || second === undefined || first.mac !== second.mac) return networks;
  return [{ ...first, prefixes: [...first.prefixes, ...second.prefixes] }];
}
