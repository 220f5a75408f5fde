import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Namespace } from "../namespace.ts";
import { must } from "../run.ts";
import type { Scope } from "../scope.ts";
import { mountsOf } from "./mounts.ts";

/**
 * What a node's programs run in beside its network namespace: PIDs of their own, so that all end
 * with the first, and mounts of their own, with nothing of this machine in /run and /var/lib.
 */
export interface Box {
  /** Runs a program inside to its end. Returns what it printed. @throws Error when it fails */
  must(file: string, args: readonly string[]): Promise<string>;
  /** Starts one that goes on; what it prints is appended to a file. */
  start(command: readonly string[], logFile: string, env?: Record<string, string>): BoxProcess;
}

export interface BoxProcess {
  running(): boolean;
  /** Sends a signal to the program and waits for its end; one that has ended is no error. */
  end(signal: NodeJS.Signals): Promise<void>;
}

const HIDDEN = ["/run", "/var/lib"];
const POLL_MS = 2;

/**
 * Opens a box. It ends with the scope, with all its processes; should we be killed, the kernel ends
 * them.
 * @param init static executable for the first process
 * @param shared directory below which mounts made inside are seen by whatever starts after this
 */
export async function openBox(
  scope: Scope,
  node: Namespace,
  { init, shared }: { init: string; shared: string },
): Promise<Box> {
  await must("mount", ["--bind", shared, shared]);
  await must("mount", ["--make-shared", shared]);
  const launcher = startInit(node, init);
  scope.cleanup.defer(() => endOf(launcher));
  const first = await childOf(launcher);
  const into = ["--target", `${first}`, "--mount", "--pid", "--net"];
  const inside = (file: string, args: readonly string[]) =>
    must("nsenter", [...into, file, ...args], { signal: scope.signal });
  await separateMounts(first, shared, inside);
  return {
    must: inside,
    start: (command, logFile, env) => startInside([...into, ...command], logFile, env),
  };
}

function startInit(node: Namespace, init: string): ChildProcess {
  const namespaces = ["--mount", "--propagation", "unchanged", "--pid", "--fork", "--kill-child"];
  const command = ["nsenter", `--net=${node.path}`, "unshare", ...namespaces, init];
  // A session of its own: a terminal's Ctrl-C is for us, and we end it in our order.
  const launcher = spawn("setpriv", ["--pdeathsig", "KILL", ...command], {
    stdio: "ignore",
    detached: true,
  });
  launcher.once("error", () => {}); // that it has no child says it all
  return launcher;
}

/** Keeps to the box what is mounted in it, but for what is below `shared`. */
async function separateMounts(first: number, shared: string, inside: Box["must"]): Promise<void> {
  const targets = [...HIDDEN, "/proc", dirname(shared)];
  const above = mountsOf(first).filter(
    (mount) => mount.shared && targets.some((path) => isWithin(path, mount.path)),
  );
  for (const { path } of above) await inside("mount", ["--make-slave", path]);
  await inside("mount", ["-t", "proc", "proc", "/proc"]);
  for (const path of HIDDEN) await inside("mount", ["-t", "tmpfs", "tmpfs", path]);
}

const isWithin = (path: string, dir: string): boolean =>
  `${path}/`.startsWith(dir === "/" ? "/" : `${dir}/`);

/**
 * Starts a program in other namespaces. nsenter is there only to fork into that of PIDs; it ends as
 * its child does.
 * @param args of nsenter
 */
export function startInside(
  args: readonly string[],
  logFile: string,
  env: Record<string, string> = {},
): BoxProcess {
  const log = openSync(logFile, "a");
  const parent = spawn("setpriv", ["--pdeathsig", "KILL", "nsenter", ...args], {
    stdio: ["ignore", log, log],
    detached: true,
    env: { ...process.env, ...env },
  });
  parent.once("error", () => {}); // that it does not run says it all
  closeSync(log);
  return {
    running: () => isRunning(parent),
    async end(signal) {
      if (!isRunning(parent)) return;
      const ended = once(parent, "exit");
      process.kill(await childOf(parent), signal);
      await ended;
    },
  };
}

/** The one child of a program that forks, which appears a moment after its start. */
export async function childOf(parent: ChildProcess): Promise<number> {
  const path = `/proc/${parent.pid}/task/${parent.pid}/children`;
  while (isRunning(parent)) {
    const child = Number(readFileSync(path, "utf8").trim());
    if (child > 0) return child;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`${parent.spawnargs.join(" ")} ended: exit status ${parent.exitCode}`);
}

/** Ends the child of a program that forks, and with it the program. */
export async function endOf(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const ended = once(child, "exit");
  process.kill(await childOf(child), "SIGKILL");
  await ended;
}

const isRunning = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;
