import { readFileSync } from "node:fs";
import { watchUsage } from "../lib/cpu-time.ts";

/** USER_HZ. */
const ticksPerSecond = 100;

export interface CpuUse {
  /** CPU seconds of all cores, kernel and softirq included, without those of other programs. */
  busy: number;
  /** CPU seconds per second that others used or the hypervisor took. */
  disturbance: number;
}

/**
 * Starts watching all cores; the function returned tells what they did since. Work is what is
 * missing to idle time, which the kernel keeps exactly, while it samples busy time at its ticks and
 * so misses short softirqs.
 */
export function watchCpus(): () => CpuUse {
  const usage = watchUsage();
  const before = readIdle();
  return () => {
    const after = readIdle();
    const { own, others } = usage();
    const elapsed = after.at - before.at;
    const stolen = after.stolen - before.stolen;
    // Others' time has what was stolen in it already.
    const foreign = Math.max(others * elapsed, stolen);
    const busy = elapsed * after.cpus - (after.idle - before.idle) - foreign;
    // Where others are busy, their time is not known well enough to be taken off.
    return { busy: Math.max(own * elapsed, busy), disturbance: others };
  };
}

/** Seconds that all cores together had nothing to do, and that were stolen from them; proc_stat(5). */
function readIdle(): { at: number; cpus: number; idle: number; stolen: number } {
  const lines = readFileSync("/proc/stat", "utf8").split("\n");
  const at = performance.now() / 1000;
  const [, , , , idle = 0, waiting = 0, , , stolen = 0] = (lines[0] ?? "")
    .trim()
    .split(/\s+/)
    .map(Number);
  const cpus = lines.filter((line) => /^cpu\d/.test(line)).length;
  return { at, cpus, idle: (idle + waiting) / ticksPerSecond, stolen: stolen / ticksPerSecond };
}
