import { readdir, readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { ATTACHMENT_MARK, PLUGIN_LIMIT_MS } from "./call.ts";
import { killGroup } from "./execute.ts";

const POLL_MS = 20;
// The kernel ends a process where it does not wait for a disk or a file server.
const KILL_MS = 2000;

/**
 * Waits for plugins that an earlier agent has started for an attachment and did not live to see the
 * end of: a DEL that overtakes their ADD would find nothing to release. Those that hang are killed.
 * @param key of the attachment
 * @param limitMs after which they are killed
 * @param killMs for which that is tried
 * @returns process ids of those that are there still
 */
export async function awaitOrphans(
  key: string,
  limitMs = PLUGIN_LIMIT_MS,
  killMs = KILL_MS,
): Promise<number[]> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const pids = await orphansOf(key);
    const late = performance.now() - deadline;
    if (pids.length === 0 || late > killMs) return pids;
    if (late > 0) for (const pid of pids) killGroup(pid);
    await pause(POLL_MS);
  }
}

async function orphansOf(key: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const marks = await Promise.all(pids.map((pid) => isPlugin(pid, `${ATTACHMENT_MARK}=${key}`)));
  return pids.filter((_, i) => marks[i]);
}

// A plugin leads the session that execute() gives it; what it has left in the background has the
// same environment, and may stay. A process that has ended, a zombie too, has none any more.
async function isPlugin(pid: number, mark: string): Promise<boolean> {
  const environment = await readProc(pid, "environ");
  if (!environment.split("\0").includes(mark)) return false;
  const [, , , session] = (await readProc(pid, "stat")).replace(/^.*\) /, "").split(" ");
  return session === `${pid}`;
}

async function readProc(pid: number, file: string): Promise<string> {
  return await readFile(`/proc/${pid}/${file}`, "latin1").catch(() => "");
}
