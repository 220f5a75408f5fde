import { readFileSync, writeFileSync } from "node:fs";

/** Autogroups weigh sessions against each other; `nice` then only counts within one. */
const ours = "/proc/self/autogroup";

/**
 * Lets our session outweigh others while samples are taken, so that a busy machine disturbs them
 * less. Does nothing where there is no autogroup to raise. Disposing puts the old weight back.
 */
export function raiseSession(): Disposable {
  const before = readNice(ours);
  if (before === null) return { [Symbol.dispose]: () => {} };
  raiseAutogroup(ours);
  return { [Symbol.dispose]: () => writeFileSync(ours, `${before}`) };
}

/** The same for a process that leads a session of its own and ends with this run. */
export function raiseSessionOf(pid: number): void {
  const theirs = `/proc/${pid}/autogroup`;
  if (readNice(theirs) !== null) raiseAutogroup(theirs);
}

function raiseAutogroup(path: string): void {
  writeFileSync(path, "-20");
}

/**
 * "/autogroup-25 nice 0" gives 0; null without autogroups, and where a process belongs to none:
 * what the first process of a machine starts without a session of its own reads as nothing.
 */
function readNice(path: string): number | null {
  const nice = /nice (-?\d+)/.exec(readText(path))?.[1];
  return nice === undefined ? null : Number(nice);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
