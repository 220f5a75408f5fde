import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NETNS_DIR, removeNamespace } from "./namespace.ts";
import { isLeftover } from "./run-id.ts";

/** Removes what runs that were killed left behind: processes, namespaces, directories. */
export async function sweepLeftovers(): Promise<string[]> {
  const namespaces = leftoversIn(NETNS_DIR);
  for (const name of namespaces) await removeNamespace(name);
  const dirs = leftoversIn(tmpdir()).map((name) => join(tmpdir(), name));
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  return [...namespaces, ...dirs];
}

function leftoversIn(dir: string): string[] {
  try {
    return readdirSync(dir).filter(isLeftover);
  } catch {
    return []; // /run/netns comes with the first namespace
  }
}
