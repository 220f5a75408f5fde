import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { must, type RunOptions, type RunResult, run } from "./run.ts";
import type { Scope } from "./scope.ts";

export const NETNS_DIR = "/run/netns";

export interface Namespace {
  name: string;
  /** What a runtime passes as CNI_NETNS. */
  path: string;
  /** Runs a program inside to its end. */
  run(file: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** As `run`, for programs that must succeed. Returns what it printed. */
  must(file: string, args: readonly string[], options?: RunOptions): Promise<string>;
  /** Interfaces inside as `ip -json` shows them. */
  links(): Promise<{ ifname: string; mtu: number; address: string; flags: string[] }[]>;
  /** Removes it before the scope does. */
  remove(): Promise<void>;
}

/**
 * Creates a network namespace with its loopback up; the scope removes it with every process in it.
 * @param part what it is for, e.g. "node"; the name also says which run it belongs to
 */
export async function createNamespace(scope: Scope, part: string): Promise<Namespace> {
  const name = scope.name(part);
  scope.cleanup.defer(() => removeNamespace(name));
  await must("ip", ["netns", "add", name], { signal: scope.signal });
  await must("ip", ["-n", name, "link", "set", "lo", "up"], { signal: scope.signal });
  const inside = (file: string, args: readonly string[]) => [
    ...["netns", "exec", name],
    file,
    ...args,
  ];
  const withSignal = (options?: RunOptions) => ({ signal: scope.signal, ...options });
  return {
    name,
    path: join(NETNS_DIR, name),
    run: (file, args, options) => run("ip", inside(file, args), withSignal(options)),
    must: (file, args, options) => must("ip", inside(file, args), withSignal(options)),
    links: async () => JSON.parse(await must("ip", ["-n", name, "-json", "link"])),
    remove: () => removeNamespace(name),
  };
}

/** One that somebody else has made and will remove. @param path as in CNI_NETNS */
export function openNamespace(
  scope: Scope,
  path: string,
): Pick<Namespace, "path" | "run" | "must" | "links"> {
  const inside = (file: string, args: readonly string[]) => [`--net=${path}`, file, ...args];
  const withSignal = (options?: RunOptions) => ({ signal: scope.signal, ...options });
  const mustInside: Namespace["must"] = (file, args, options) =>
    must("nsenter", inside(file, args), withSignal(options));
  return {
    path,
    run: (file, args, options) => run("nsenter", inside(file, args), withSignal(options)),
    must: mustInside,
    links: async () => JSON.parse(await mustInside("ip", ["-json", "link"])),
  };
}

/** Kills what runs in a namespace and removes it; one that is gone is no error. */
export async function removeNamespace(name: string): Promise<void> {
  if (!namespaceExists(name)) return;
  try {
    await killAll(name);
    await must("ip", ["netns", "delete", name]);
  } catch (error) {
    // Two runs that start together sweep the same leftovers; one of them comes second.
    if (namespaceExists(name)) throw error;
  }
}

async function killAll(name: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const pids = (await must("ip", ["netns", "pids", name])).split("\n").filter(Boolean);
    if (pids.length === 0) return;
    for (const pid of pids) kill(Number(pid));
    await delay(20);
  }
}

export function namespaceExists(name: string): boolean {
  try {
    return readdirSync(NETNS_DIR).includes(name);
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // ended between the two calls
  }
}
