import type { FabricNode } from "./fabric.ts";
import { FLANNEL_PORT, readFlannelNode } from "./flannel-annotations.ts";
import { factsOf, type NodeObject } from "./kubernetes-client.ts";
import type { AnnotationMode } from "./kubernetes-patch.ts";
import { readNodeAnnotations } from "./node-annotations.ts";

/**
 * The node that a Node's annotations describe; null when there are none of the kind that is read.
 * @param own tells the UDP port of a flannel overlay, which flannel's annotations do not: that of
 * our network with the same VNI
 * @throws AnnotationError for the first annotation that makes no sense
 */
export function readNode(
  object: NodeObject,
  mode: AnnotationMode,
  own: FabricNode | null,
): FabricNode | null {
  const { name } = object.metadata;
  const facts = factsOf(object);
  const millrace = mode === "flannel" ? null : readNodeAnnotations(name, facts.annotations);
  if (millrace !== null || mode === "millrace") return millrace;
  return readFlannelNode(name, facts, (vni) => {
    const same = own?.networks.find((one) => one.vni === vni && one.mac !== "");
    return same?.udpPort ?? FLANNEL_PORT;
  });
}
