/** A line "KEY: N kB" of /proc/meminfo or /proc/PID/status, in bytes; null: not told. */
export function bytesOf(text: string, key: string): number | null {
  const found = new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
  return found === undefined ? null : Number(found) * 1024;
}

/** Of the whole machine, in bytes: what leaks in the kernel belongs to no process. */
export function usedMemory(meminfo: string): number | null {
  return lessEach(bytesOf(meminfo, "MemTotal"), [bytesOf(meminfo, "MemAvailable")]);
}

const notKernel = [
  ...["MemFree", "Buffers", "Cached", "SwapCached", "SReclaimable"],
  "AnonPages",
] as const;

/**
 * In bytes: used, and neither a cache nor a program's own. Slabs, rings, page pools, BPF maps,
 * devices. Free pages that wait in lists of the CPUs are not counted, though MemFree leaves them
 * out: since Linux 6.7 the lists grow with what comes and goes, up to an eighth of the memory.
 */
export function kernelMemory(meminfo: string, zoneinfo: string): number | null {
  const total = bytesOf(meminfo, "MemTotal");
  const others = notKernel.map((key) => bytesOf(meminfo, key));
  return lessEach(total, [...others, total === null ? null : total * listedShare(zoneinfo)]);
}

/** What part of all pages waits in the lists of free pages that each CPU has: /proc/zoneinfo. */
function listedShare(zoneinfo: string): number {
  const pages = (key: string) =>
    [...zoneinfo.matchAll(new RegExp(`^ +${key} +(\\d+)$`, "gm"))].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
  return pages("count:") / Math.max(1, pages("managed"));
}

function lessEach(from: number | null, parts: readonly (number | null)[]): number | null {
  return parts.reduce((left, one) => (left === null || one === null ? null : left - one), from);
}
