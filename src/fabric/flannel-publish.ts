import { covers, type Family, parsePrefix } from "../networks/ip.ts";
import { AnnotationError } from "./annotation-error.ts";
import type { FabricNetwork, FabricNode } from "./fabric.ts";
import {
  BACKEND_DATA,
  BACKEND_TYPE,
  FAMILIES,
  MANAGED,
  type NodeFacts,
  PUBLIC_IP,
  PUBLIC_IP_OVERWRITE,
  podPrefixes,
  writeBackendData,
} from "./flannel-annotations.ts";

const OWN: ReadonlySet<string> = new Set([
  ...[MANAGED, BACKEND_TYPE],
  ...Object.values(BACKEND_DATA),
  ...Object.values(PUBLIC_IP),
]);

/** Whether an annotation is one of those written here. What people set (…-overwrite) is not. */
export const isFlannelAnnotation = (key: string) => OWN.has(key);

/**
 * Annotations by which flannel's nodes take ours for one of theirs. flannel knows one network, that
 * of its VNI, and routes the Node's podCIDRs to us: so much of it must be ours.
 * @param facts our own Node
 * @param vni flannel's
 * @throws AnnotationError when our network of this VNI has none of the podCIDRs, or the Node none
 */
export function writeFlannelAnnotations(
  own: FabricNode,
  facts: NodeFacts,
  vni: number,
): Map<string, string> {
  const chosen = chooseNetwork(own, facts, vni);
  const written = new Map<string, string>();
  for (const family of FAMILIES) {
    const half = own.networks.find(
      (one) => isSame(one, chosen) && isInPodCidrs(one, family, facts.podCidrs),
    );
    const address = half && ownAddress(own, half, family);
    if (half === undefined || !address) continue;
    written.set(BACKEND_DATA[family], writeBackendData(half.vni, half.mac));
    written.set(PUBLIC_IP[family], facts.annotations[PUBLIC_IP_OVERWRITE[family]] || address);
  }
  if (written.size === 0) throw unreachable(chosen);
  // First what a flannel of old reads first; a merge patch is one write anyway.
  return new Map([[BACKEND_TYPE, "vxlan"], [MANAGED, "true"], ...written]);
}

function chooseNetwork(own: FabricNode, { podCidrs }: NodeFacts, vni: number): FabricNetwork {
  if (podCidrs.length === 0) {
    const remedy = "run kube-controller-manager with --allocate-node-cidrs";
    throw new AnnotationError("spec.podCIDRs", undefined, `flannel routes them to us; ${remedy}`);
  }
  const chosen = own.networks.find(
    (one) => one.vni === vni && FAMILIES.some((family) => isInPodCidrs(one, family, podCidrs)),
  );
  if (chosen !== undefined) return chosen;
  const reason = `the routed network with VNI ${vni} has no prefix in them, so flannel cannot reach it`;
  throw new AnnotationError("spec.podCIDRs", podCidrs.join(", "), reason);
}

const isSame = (a: FabricNetwork, b: FabricNetwork) => a.vni === b.vni && a.udpPort === b.udpPort;

function isInPodCidrs(
  network: FabricNetwork,
  family: Family,
  podCidrs: readonly string[],
): boolean {
  if (network.mac === "") return false;
  const outer = podPrefixes(family, podCidrs).map(parsePrefix);
  const inner = network.prefixes.map(parsePrefix);
  return inner.some((prefix) => outer.some((one) => covers(one, prefix)));
}

function ownAddress(own: FabricNode, { udpPort }: FabricNetwork, family: Family): string {
  const vtep = own.vteps.find((one) => one.udpPort === udpPort);
  return (family === 4 ? vtep?.address4 : vtep?.address6) ?? "";
}

function unreachable({ vni, udpPort }: FabricNetwork): AnnotationError {
  const reason = `VNI ${vni}: the VTEP on UDP port ${udpPort} has no address of the prefixes' family`;
  return new AnnotationError(PUBLIC_IP[4], undefined, `${reason}, which flannel carries them over`);
}
