import { readFileSync } from "node:fs";

/** What a configuration is checked against; tests pass their own. */
export interface ConfigHost {
  /** CPUs this process may run on. */
  cpus: readonly number[];
}

/** Reads the CPUs allowed by affinity and cpuset from /proc/self/status (proc(5)). */
export function readConfigHost(): ConfigHost {
  const status = readFileSync("/proc/self/status", "utf8");
  return { cpus: parseCpuList(/^Cpus_allowed_list:\s*(\S*)$/m.exec(status)?.[1] ?? "") };
}

/** "0-2,5" is [0, 1, 2, 5] (cpuset(7), list format). */
export function parseCpuList(list: string): number[] {
  return list
    .split(",")
    .filter((range) => range !== "")
    .flatMap((range) => {
      const [first = 0, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

/** [0, 1, 2, 5] is "0-2,5". */
export function formatCpuList(cpus: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const cpu of [...cpus].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && cpu === last[1] + 1) last[1] = cpu;
    else ranges.push([cpu, cpu]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join();
}
