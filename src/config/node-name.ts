import { hostname } from "node:os";
import { ConfigError } from "./errors.ts";
import { NODE_NAME, NODE_NAME_TEXT } from "./fabric-schema.ts";
import type { FabricConfig } from "./schema.ts";

/**
 * What this node is called in the fabric. A host name is taken in lower case, as the kubelet does.
 * @throws ConfigError when the host name cannot be the name of a node
 */
export function nodeNameOf({ nodeName }: FabricConfig, host = hostname()): string {
  const name = nodeName ?? host.trim().toLowerCase();
  if (NODE_NAME.test(name)) return name;
  throw new ConfigError({
    source: "configuration",
    key: "fabric.nodeName",
    value: undefined,
    reason: `missing, and the host name "${host}" is no node name`,
    accepted: NODE_NAME_TEXT,
  });
}
