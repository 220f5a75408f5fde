import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Namespace } from "./namespace.ts";
import { atOurPace } from "./pace.ts";
import type { Scope } from "./scope.ts";

export interface Background {
  /** What it has printed so far, both streams. */
  output(): string;
  running(): boolean;
  /** Kills it; one that has ended is no error. */
  stop(): Promise<void>;
}

const READY_LIMIT_MS = atOurPace(5000);
const POLL_MS = 5;

/**
 * Starts a program in a namespace that runs beside us until it is stopped, the scope ends or we
 * are killed.
 * @param ready text in its output that says it can be used
 * @throws Error with its output when that does not come
 */
export async function startBackground(
  scope: Scope,
  namespace: Namespace,
  [file, ...args]: [string, ...string[]],
  ready: string,
): Promise<Background> {
  const inside = ["ip", "netns", "exec", namespace.name, file, ...args];
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...inside], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  const stop = () => end(child);
  scope.cleanup.defer(stop);
  await untilPrinted(child, () => text, ready, [file, ...args].join(" "), scope.signal);
  return { output: () => text, running: () => isRunning(child), stop };
}

async function untilPrinted(
  child: ChildProcess,
  output: () => string,
  ready: string,
  command: string,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + READY_LIMIT_MS;
  while (!output().includes(ready)) {
    signal.throwIfAborted();
    if (!isRunning(child)) throw new Error(`${command} ended: ${output().trim()}`);
    if (performance.now() > deadline) {
      throw new Error(`${command} did not print "${ready}": ${output().trim()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}
