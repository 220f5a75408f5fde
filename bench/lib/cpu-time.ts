import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { ofProcesses, ofThreads } from "../../test/harness/proc.ts";

/** USER_HZ: fixed at 100 by the kernel's ABI on every architecture we run on. */
const ticksPerSecond = 100;
const kthreadd = 2;

/** Fields of /proc/PID/stat we use; see proc(5). */
interface ProcessTimes {
  pid: number;
  parent: number;
  /** User and system time, with that of children already waited for, in seconds. */
  seconds: number;
}

/** Parses one /proc/PID/stat line; the command may itself contain spaces and parentheses. */
export function parseStat(line: string): ProcessTimes {
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return {
    pid: Number.parseInt(line, 10),
    parent: Number(fields[1]),
    seconds: ticks / ticksPerSecond,
  };
}

function processTimes(): ProcessTimes[] {
  return ofProcesses("stat").map(({ text }) => parseStat(text));
}

/** Processes in `all` that descend from `root`, with `root` itself. */
export function descendants(all: readonly ProcessTimes[], root: number): Set<number> {
  const found = new Set([root]);
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return found;
}

/**
 * CPU seconds used so far by user processes, ours and all others. Kernel threads do not count: they
 * carry the work of the device under test. Time of a process that ends moves to its parent, so
 * differences of these sums miss nothing.
 */
function usedSeconds(root: number): { own: number; foreign: number } {
  const all = processTimes();
  const ours = descendants(all, root);
  const users = all.filter(({ pid, parent }) => pid !== kthreadd && parent !== kthreadd);
  const sum = (own: boolean) =>
    users
      .filter(({ pid }) => ours.has(pid) === own)
      .reduce((total, { seconds }) => total + seconds, 0);
  return { own: sum(true), foreign: sum(false) };
}

/** CPU seconds of one process with all its threads, to the nanosecond; not of its children. */
export function ownSeconds(pid: number): number {
  const nanoseconds = ofThreads(pid, "schedstat").map(({ text }) => Number(text.split(" ")[0]));
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9;
}

/** Of one CPU, in percent, that a process with all its threads uses in the next seconds. */
export async function percentUsed(
  pid: number,
  seconds: number,
  signal: AbortSignal,
): Promise<number> {
  const [before, started] = [ownSeconds(pid), performance.now()];
  await delay(seconds * 1000, undefined, { signal });
  return ((ownSeconds(pid) - before) / (performance.now() - started)) * 1e5;
}

/** Seconds the hypervisor took from all our CPUs so far. */
function stolenSeconds(): number {
  const [all = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  return Number(all.trim().split(/\s+/)[8]) / ticksPerSecond;
}

/** CPUs that were used, on average: CPU seconds per second. */
export interface Usage {
  /** By a process and its descendants. */
  own: number;
  /** By all others, and what the hypervisor took. */
  others: number;
  /** Of that, the hypervisor's part. */
  stolen: number;
}

/** Starts watching. The function returned tells who has used how many CPUs since. */
export function watchUsage(root = process.pid): () => Usage {
  const used = () => ({ ...usedSeconds(root), stolen: stolenSeconds() });
  const started = performance.now();
  const before = used();
  return () => {
    const after = used();
    const elapsed = (performance.now() - started) / 1000;
    const stolen = (after.stolen - before.stolen) / elapsed;
    const others = (after.foreign - before.foreign) / elapsed + stolen;
    return { own: (after.own - before.own) / elapsed, others, stolen };
  };
}

/** As `watchUsage`, for others only. */
export function watchOthers(root = process.pid): () => number {
  const usage = watchUsage(root);
  return () => usage().others;
}
