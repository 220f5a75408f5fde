import { decodeEndpoint, decodeNode, type NodeBody } from "./etcd-codec.ts";
import { type EndpointKey, type NodeKey, parseKey } from "./etcd-keys.ts";

/** One entry of another node that makes sense. */
export type Entry = { raw: string } & (
  | { key: NodeKey; value: NodeBody }
  | { key: EndpointKey; value: string[] }
);

/** own: of our own node; foreign: of no kind that we know. */
export type Parsed = { entry: Entry } | { reason: string } | "own" | "foreign";

/** Reads one key with its value. */
export function parseEntry(prefix: string, ownName: string, key: string, raw: string): Parsed {
  try {
    const parsed = parseKey(prefix, key);
    if (parsed === null) return "foreign";
    if (parsed.node === ownName) return "own";
    if (parsed.kind === "node") return { entry: { raw, key: parsed, value: decodeNode(raw) } };
    return { entry: { raw, key: parsed, value: decodeEndpoint(raw) } };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

/** Whose key it is; null for one that follows no pattern. */
export function nodeOf(prefix: string, key: string): string | null {
  try {
    return parseKey(prefix, key)?.node ?? null;
  } catch {
    return null;
  }
}
