import { readFileSync } from "node:fs";

/** Everything that the harness makes begins with this. */
const PREFIX = "mr-";

/** This process for good: its PID with its start time, as PIDs come back. */
export const RUN_ID = `${process.pid}x${startTicks(process.pid)?.toString(36) ?? "0"}`;

/** Name of a thing of this run, e.g. mr-demo-1234x5k9z-node. */
export function ownName(purpose: string, part: string): string {
  return `${PREFIX}${purpose}-${RUN_ID}-${part}`;
}

/** True for the name of a thing whose run has ended without removing it. */
export function isLeftover(name: string): boolean {
  const [, pid, ticks] = /^mr-[a-z]+-(\d+)x([0-9a-z]+)-/.exec(name) ?? [];
  if (pid === undefined || ticks === undefined) return false;
  return startTicks(Number(pid)) !== Number.parseInt(ticks, 36);
}

/** Field 22 of /proc/PID/stat (proc(5)); null when there is no such process. */
function startTicks(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The command in parentheses may hold spaces and parentheses itself.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  } catch {
    return null;
  }
}
