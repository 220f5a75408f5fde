import { readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isLeftover } from "../run-id.ts";

const ATTEMPTS = 100;
const PAUSE_MS = 20;

/** Removes cgroups of a name, at the top of every hierarchy, whose processes have been killed. */
export async function removeCgroups(name: string): Promise<void> {
  for (const root of hierarchies()) await removeTree(join(root, name));
}

/** Names of cgroups that runs which were killed left behind. */
export function leftoverCgroups(): string[] {
  return [...new Set(hierarchies().flatMap(childrenOf))].filter(isLeftover);
}

/** Mount points of cgroup hierarchies: one, or with version 1 one for each controller. */
function hierarchies(): string[] {
  const mounts = readFileSync("/proc/self/mounts", "utf8").trimEnd().split("\n");
  return mounts
    .map((line) => line.split(" "))
    .filter(([, , type]) => type === "cgroup" || type === "cgroup2")
    .map(([, path]) => path as string);
}

async function removeTree(path: string): Promise<void> {
  for (const name of childrenOf(path)) await removeTree(join(path, name));
  for (let attempt = 1; !isRemoved(path); attempt++) {
    // A process that was killed is in its cgroup until it has ended.
    if (attempt === ATTEMPTS) throw new Error(`${path}: processes are still in it`);
    await delay(PAUSE_MS);
  }
}

function isRemoved(path: string): boolean {
  try {
    rmdirSync(path); // the files in it cannot be removed, and need not be
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EBUSY") throw error;
    return code === "ENOENT";
  }
}

function childrenOf(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return []; // not every hierarchy has it
  }
}
