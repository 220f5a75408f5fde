import type { FabricNode } from "./fabric.ts";
import { endpointsByKey, writeEndpoints, writeNodeAnnotations } from "./node-annotations.ts";

/** Kubernetes refuses an object whose annotations, keys and values, take more bytes together. */
export const ANNOTATIONS_LIMIT = 256 * 1024;
/** Left for others: a Node that is full to the brim could be annotated by nobody. */
export const RESERVED = 32 * 1024;

export interface Fitted {
  annotations: Map<string, string>;
  /** What had to be left out, by key of its annotation. */
  problems: { key: string; reason: string }[];
}

/**
 * The node's annotations, with no more endpoints than fit.
 * @param others bytes of the annotations that are not ours
 */
export function fitAnnotations(node: FabricNode, others: number): Fitted {
  const endpoints = endpointsByKey(node);
  const fitted: Fitted = { annotations: new Map(), problems: [] };
  let free = ANNOTATIONS_LIMIT - RESERVED - others;
  for (const [key, value] of writeNodeAnnotations(node)) {
    const stations = endpoints.get(key);
    const kept = stations === undefined ? value : shortened(stations, value, free - key.length);
    if (kept !== value) fitted.problems.push(tooMany(key, stations?.length ?? 0, kept));
    if (kept === "[]" && stations !== undefined) continue;
    fitted.annotations.set(key, kept);
    free -= key.length + Buffer.byteLength(kept);
  }
  return fitted;
}

/** Bytes that annotations take together, as Kubernetes counts them. */
export function annotationBytes(annotations: Iterable<[string, string]>): number {
  let bytes = 0;
  for (const [key, value] of annotations)
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  return bytes;
}

/** The first endpoints that fit: those that others have learned stay what they are. */
function shortened(
  stations: NonNullable<ReturnType<ReturnType<typeof endpointsByKey>["get"]>>,
  value: string,
  free: number,
): string {
  if (Buffer.byteLength(value) <= free) return value;
  let room = free - "[]".length;
  let count = 0;
  for (const station of stations) {
    room -= Buffer.byteLength(writeEndpoints([station])) - "[]".length + (count > 0 ? 1 : 0);
    if (room < 0) break;
    count++;
  }
  return writeEndpoints(stations.slice(0, count));
}

function tooMany(key: string, wanted: number, kept: string) {
  const { length } = JSON.parse(kept) as unknown[];
  const reason =
    `${length} of ${wanted} endpoints published: the annotations of a Node take at most ` +
    `${ANNOTATIONS_LIMIT} bytes, of which ${RESERVED} are left to others; ` +
    "use the etcd driver or fewer endpoints per node";
  return { key, reason };
}
