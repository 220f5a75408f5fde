import { readFileSync } from "node:fs";

/** Of one CPU since it was started, in ticks; see proc(5), /proc/stat. */
interface Ticks {
  all: number;
  /** Idle, waiting for a disk, or taken by the hypervisor. */
  away: number;
}

function readTicks(): Ticks[] {
  return readFileSync("/proc/stat", "utf8")
    .split("\n")
    .filter((line) => /^cpu\d/.test(line))
    .map((line) => {
      const [user, nice, system, idle, wait, irq, softirq, steal] = line
        .split(/\s+/)
        .slice(1, 9)
        .map(Number) as [number, number, number, number, number, number, number, number];
      const away = idle + wait + steal;
      return { all: user + nice + system + irq + softirq + away, away };
    });
}

/**
 * Starts watching all CPUs. The function returned tells the share of time each has been busy since,
 * whoever it worked for: threads, interrupts and softirqs. It changes in steps of 10 ms.
 */
export function watchBusy(): () => number[] {
  const before = readTicks();
  return () =>
    readTicks().map(({ all, away }, cpu) => {
      const start = before[cpu] ?? { all: 0, away: 0 };
      return all > start.all ? 1 - (away - start.away) / (all - start.all) : 0;
    });
}
