import { readFileSync, writeFileSync } from "node:fs";

/** Autogroups weigh sessions against each other; `nice` then only counts within one. */
const ours = "/proc/self/autogroup";

/**
 * Lets our session outweigh others while samples are taken, so that a busy machine disturbs them
 * less. Does nothing where the kernel has no autogroups. Disposing puts the old weight back.
 */
export function raiseSession(): Disposable {
  const before = readNice(ours);
  if (before === null) return { [Symbol.dispose]: () => {} };
  raiseAutogroup(ours);
  return { [Symbol.dispose]: () => writeFileSync(ours, `${before}`) };
}

/** The same for a process that leads a session of its own and ends with this run. */
export function raiseSessionOf(pid: number): void {
  if (readNice(ours) !== null) raiseAutogroup(`/proc/${pid}/autogroup`);
}

function raiseAutogroup(path: string): void {
  writeFileSync(path, "-20");
}

/** "/autogroup-25 nice 0" gives 0; null without autogroups. */
function readNice(path: string): number | null {
  try {
    return Number(/nice (-?\d+)/.exec(readFileSync(path, "utf8"))?.[1] ?? Number.NaN);
  } catch {
    return null;
  }
}
