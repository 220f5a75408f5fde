import { readdirSync, readFileSync } from "node:fs";

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
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"))];
      } catch {
        return []; // ended between the two reads
      }
    });
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
 * CPU seconds used so far by user processes that are not ours. Kernel threads do not count: they
 * carry the work of the device under test. Time of a process that ends moves to its parent, so
 * differences of this sum miss nothing.
 */
function foreignSeconds(root: number): number {
  const all = processTimes();
  const ours = descendants(all, root);
  return all
    .filter(({ pid, parent }) => pid !== kthreadd && parent !== kthreadd && !ours.has(pid))
    .reduce((sum, { seconds }) => sum + seconds, 0);
}

/** CPU seconds of one process with all its threads, to the nanosecond; not of its children. */
export function ownSeconds(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ");
    return sum + Number(nanoseconds) / 1e9;
  }, 0);
}

/** Seconds the hypervisor took from all our CPUs so far. */
function stolenSeconds(): number {
  const [all = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  return Number(all.trim().split(/\s+/)[8]) / ticksPerSecond;
}

/**
 * Starts watching. The function returned tells how many CPUs others than `root` and its
 * descendants have used since, on average.
 */
export function watchOthers(root = process.pid): () => number {
  const used = () => foreignSeconds(root) + stolenSeconds();
  const started = performance.now();
  const before = used();
  return () => (used() - before) / ((performance.now() - started) / 1000);
}
