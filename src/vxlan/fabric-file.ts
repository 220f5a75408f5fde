import { z } from "zod";
import type { FabricNode } from "../fabric/fabric.ts";

/** Raised when the meaning of a key changes; a file of another version is not used. */
export const FABRIC_VERSION = 1;

const endpoint = z.strictObject({ mac: z.string(), addresses: z.array(z.string()) });

const network = z.strictObject({
  vni: z.int(),
  udpPort: z.int(),
  mac: z.string(),
  prefixes: z.array(z.string()),
  endpoints: z.array(endpoint),
});

const vtep = z.strictObject({ udpPort: z.int(), address4: z.string(), address6: z.string() });

const node = z.strictObject({
  name: z.string().min(1),
  vteps: z.array(vtep),
  networks: z.array(network),
});

/** Which node has an entry that others want as well. */
const contested = z.strictObject({ slot: z.string(), key: z.string(), node: z.string() });

const schema = z.strictObject({
  version: z.literal(FABRIC_VERSION),
  /** In the order in which they came to be known. */
  nodes: z.array(node),
  contested: z.array(contested),
});

export interface SavedFabric {
  nodes: FabricNode[];
  contested: z.output<typeof contested>[];
}

/** @throws Error saying what is wrong */
export function parseFabric(text: string): SavedFabric {
  const parsed = schema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${issue?.path.join(".") || "the content"}: ${issue?.message}`);
}

/** @param nodes each as JSON; a large fabric is not encoded anew for the change of one node */
export function encodeFabric(
  nodes: readonly string[],
  contested: SavedFabric["contested"],
): string {
  const list = nodes.length === 0 ? "[]" : `[\n${nodes.join(",\n")}\n]`;
  const rest = JSON.stringify(contested);
  return `{"version":${FABRIC_VERSION},"nodes":${list},"contested":${rest}}\n`;
}
