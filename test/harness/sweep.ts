import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leftoverCgroups, removeCgroups } from "./cri/cgroups.ts";
import { unmountBelow } from "./cri/mounts.ts";
import { NETNS_DIR, removeNamespace } from "./namespace.ts";
import { isLeftover } from "./run-id.ts";

/** Removes what runs that were killed left behind: processes, namespaces, directories, cgroups. */
export async function sweepLeftovers(): Promise<string[]> {
  const namespaces = leftoversIn(NETNS_DIR);
  for (const name of namespaces) await removeNamespace(name);
  const dirs = leftoversIn(tmpdir()).map((name) => join(tmpdir(), name));
  for (const dir of dirs) {
    await unmountBelow(dir);
    rmSync(dir, { recursive: true, force: true });
  }
  const cgroups = leftoverCgroups();
  for (const name of cgroups) await removeCgroups(name);
  return [...namespaces, ...dirs, ...cgroups];
}

function leftoversIn(dir: string): string[] {
  try {
    return readdirSync(dir).filter(isLeftover);
  } catch {
    return []; // /run/netns comes with the first namespace
  }
}
