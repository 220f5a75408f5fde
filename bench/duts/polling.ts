import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { ofThreads } from "../../test/harness/proc.ts";
import { dutCpu } from "../traffic/load.ts";
import type { Dut, Placement } from "./dut.ts";
import { namesOf } from "./placements.ts";

/** CPU time in which a device that polls looks at all its queues many times. */
const idleNs = 20e6;
const pollMs = 10;
const drainMs = 3000;

/** A process that polls without end. */
export interface Poller {
  pid: number;
  /** @throws Error with its last lines when it has ended */
  mustRun(): void;
  signal(name: NodeJS.Signals): void;
}

/** Beside a sender it would take its share of the core whether there are frames or not. */
const places: readonly Placement[] = [
  { name: `CPU ${dutCpu} of its own, polling`, cores: "own-core" },
];

/**
 * Of a device that is such a process: it is stopped between trials, so that the others have the
 * core. One that has died is an error, never a measurement.
 */
export function pollingPlacement(process: Poller): Pick<Dut, "placements" | "prepare" | "rest"> {
  process.mustRun();
  process.signal("SIGSTOP");
  return {
    placements: (_, cores) => namesOf(places, cores),
    async prepare() {
      process.mustRun();
      process.signal("SIGCONT");
    },
    async rest() {
      process.mustRun();
      await drain(process);
      process.mustRun();
      process.signal("SIGSTOP");
    },
  };
}

/**
 * Waits until it has polled for a while and no frame came or went. What is in its queues when it is
 * stopped would come out in the middle of the next trial. Gives up on one that is never done.
 */
async function drain(process: Poller): Promise<void> {
  const { pid } = process;
  const deadline = performance.now() + drainMs;
  let [ns, frames] = [pollingNs(pid), framesOf(pid)];
  while (performance.now() < deadline) {
    await delay(pollMs);
    process.mustRun();
    const [nsNow, framesNow] = [pollingNs(pid), framesOf(pid)];
    if (framesNow !== frames) [ns, frames] = [nsNow, framesNow];
    else if (nsNow - ns >= idleNs) return;
  }
}

/** CPU time of the thread that polls, which is the one that has used most. */
function pollingNs(pid: number): number {
  return Math.max(...ofThreads(pid, "schedstat").map(({ text }) => Number(text.split(" ")[0])));
}

/** Frames that the interfaces in its network namespace have received and sent. */
function framesOf(pid: number): number {
  const lines = readFileSync(`/proc/${pid}/net/dev`, "utf8").split("\n").slice(2);
  const counts = lines.flatMap((line) => {
    const fields = line.split(":")[1]?.trim().split(/\s+/) ?? [];
    return [Number(fields[1] ?? 0), Number(fields[9] ?? 0)];
  });
  return counts.reduce((sum, count) => sum + count, 0);
}
