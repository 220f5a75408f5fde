import { annotationBytes, fitAnnotations } from "./annotation-budget.ts";
import { AnnotationError } from "./annotation-error.ts";
import type { FabricNode } from "./fabric.ts";
import { isFlannelAnnotation, writeFlannelAnnotations } from "./flannel-publish.ts";
import { factsOf, type NodeObject } from "./kubernetes-client.ts";
import { isNodeAnnotation } from "./node-annotations.ts";

export type AnnotationMode = "millrace" | "flannel" | "both";

export interface Annotating {
  /** Whose annotations are read and written: ours, flannel's, or both, where ours come first. */
  annotations: AnnotationMode;
  /** VNI of the network that flannel's are about. */
  flannelBackendVni: number;
}

/** Annotations to set, and those to remove: null. */
export type AnnotationPatch = Record<string, string | null>;

export interface Difference {
  patch: AnnotationPatch;
  /** What cannot be published, by key. */
  problems: { key: string; reason: string }[];
}

/**
 * What makes our Node say what our node is. Names nothing but annotations of ours: in mode
 * "millrace" flannel's are a flanneld's, in mode "flannel" our own are leftovers.
 */
export function differenceOf(
  own: FabricNode,
  object: NodeObject,
  { annotations: mode, flannelBackendVni }: Annotating,
): Difference {
  const { annotations } = object.metadata;
  const difference: Difference = { patch: {}, problems: [] };
  const wanted = mode === "flannel" ? new Map() : ownAnnotations(own, annotations, difference);
  replace(wanted, isNodeAnnotation, annotations, difference.patch);
  const flannel =
    mode === "millrace" ? null : flannelAnnotations(own, object, flannelBackendVni, difference);
  if (flannel !== null) replace(flannel, isFlannelAnnotation, annotations, difference.patch);
  return difference;
}

function replace(
  wanted: ReadonlyMap<string, string>,
  isOurs: (key: string) => boolean,
  present: Readonly<Record<string, string>>,
  patch: AnnotationPatch,
): void {
  for (const [key, value] of wanted) if (present[key] !== value) patch[key] = value;
  for (const key of Object.keys(present)) if (isOurs(key) && !wanted.has(key)) patch[key] = null;
}

function ownAnnotations(
  own: FabricNode,
  present: Readonly<Record<string, string>>,
  { problems }: Difference,
): Map<string, string> {
  const others = Object.entries(present).filter(([key]) => !isNodeAnnotation(key));
  const fitted = fitAnnotations(own, annotationBytes(others));
  problems.push(...fitted.problems);
  return fitted.annotations;
}

/** Null when there is nothing right to say: then those that are there stay. */
function flannelAnnotations(
  own: FabricNode,
  object: NodeObject,
  vni: number,
  { problems }: Difference,
): Map<string, string> | null {
  try {
    return writeFlannelAnnotations(own, factsOf(object), vni);
  } catch (error) {
    if (!(error instanceof AnnotationError)) throw error;
    problems.push({ key: error.key, reason: error.message });
    return null;
  }
}
