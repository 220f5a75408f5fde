import { AnnotationError } from "./annotation-error.ts";
import type { FabricNode } from "./fabric.ts";
import {
  BACKEND_TYPE,
  FLANNEL_PORT,
  readFlannelNode,
  readFlannelVteps,
} from "./flannel-annotations.ts";
import { factsOf, type NodeObject } from "./kubernetes-client.ts";
import type { Annotating } from "./kubernetes-patch.ts";
import { isNodeAnnotation, NETWORKS, readNodeAnnotations } from "./node-annotations.ts";

/**
 * The node that a Node's annotations describe; null when there are none of the kind that is read.
 * @param own tells the UDP port of a flannel overlay, which flannel's annotations do not: that of
 * our network with the same VNI
 * @throws AnnotationError for the first annotation that makes no sense
 */
export function readNode(
  object: NodeObject,
  { annotations: mode, flannelBackendVni: vni }: Annotating,
  own: FabricNode | null,
): FabricNode | null {
  const { name } = object.metadata;
  const facts = factsOf(object);
  const millrace = mode === "flannel" ? null : readNodeAnnotations(name, facts.annotations);
  if (mode === "millrace") return millrace;
  if (millrace !== null) return unlessLeftOver(millrace, facts.annotations);
  const same = own?.networks.find((one) => one.vni === vni && one.mac !== "");
  return readFlannelNode(name, facts, { vni, udpPort: same?.udpPort ?? FLANNEL_PORT });
}

/**
 * A node that writes both says the same in both. When it does not, one of them is left over from
 * what ran there before, and the annotations do not tell which.
 */
function unlessLeftOver(
  node: FabricNode,
  annotations: Readonly<Record<string, string>>,
): FabricNode {
  const other = readFlannelVteps(annotations).find(
    ({ vni, mac }) => !node.networks.some((one) => one.vni === vni && one.mac === mac),
  );
  if (other === undefined) return node;
  const ours = Object.keys(annotations).filter(isNodeAnnotation).sort();
  const remove = (keys: readonly string[]) =>
    `kubectl annotate node ${node.name} ${keys.map((key) => `${key}-`).join(" ")}`;
  const reason =
    `flannel's annotations name another VTEP, ${other.mac} in VNI ${other.vni}; ` +
    `if flanneld runs there now: ${remove(ours)}; if Millrace does: ${remove([BACKEND_TYPE])}`;
  throw new AnnotationError(NETWORKS, annotations[NETWORKS], reason);
}
