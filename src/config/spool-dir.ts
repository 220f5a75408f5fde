import { join } from "node:path";
import type { Config } from "./schema.ts";

/**
 * Where the CNI executable leaves the DELs for an agent that is away. With the defaults it is
 * /var/lib/millrace/spool, which the executable takes when nobody tells it (cni/shim/forward.hpp).
 */
export function spoolDirOf({ spoolDir, stateDir }: Pick<Config, "spoolDir" | "stateDir">): string {
  return spoolDir ?? join(stateDir, "spool");
}
