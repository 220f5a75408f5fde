import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type AgentClient, createClient } from "../../src/api/client.ts";
import type { Namespace } from "./namespace.ts";
import { atOurPace } from "./pace.ts";
import { CLI } from "./paths.ts";
import type { Scope } from "./scope.ts";

export interface AgentOptions {
  /** The agent runs in it, so that the machine's own namespace is never touched. */
  namespace: Namespace;
  /** The configuration but for socket and stateDir, which lie in the scope's directory. */
  config: Record<string, unknown>;
  /** Tells the agents of one scope apart; one name keeps one state from start to start. */
  name?: string;
  /** More variables of its environment. */
  env?: Record<string, string>;
  /** A program with its arguments that becomes the agent, as setpriv does. */
  through?: readonly string[];
}

export interface AgentProcess {
  pid: number;
  socket: string;
  stateDir: string;
  client: AgentClient;
  /** What it has written to its log so far. */
  log(): string;
  running(): boolean;
  /** SIGTERM, and the exit status: null when a signal ended it. */
  stop(): Promise<number | null>;
  /** SIGKILL, as a crash. */
  kill(): Promise<void>;
}

const START_LIMIT_MS = atOurPace(20_000);
const STOP_LIMIT_MS = atOurPace(15_000);
const POLL_MS = 10;

/**
 * Starts `millrace agent` and waits until it is ready. The scope stops it; should we be killed,
 * the kernel does.
 * @throws Error with the end of its log when it does not get ready
 */
export async function startAgent(scope: Scope, options: AgentOptions): Promise<AgentProcess> {
  const agent = spawnAgent(scope, options);
  scope.cleanup.defer(async () => {
    await agent.stop();
  });
  await untilReady(agent, scope.signal);
  return agent;
}

/** As `startAgent`, without waiting: for tests of the start itself. The caller stops it. */
export function spawnAgent(scope: Scope, options: AgentOptions): AgentProcess {
  const name = options.name ?? "agent";
  const socket = join(scope.dir, `${name}.sock`);
  const stateDir = join(scope.dir, `${name}-state`);
  const configFile = join(scope.dir, `${name}.yaml`);
  const logFile = join(scope.dir, `${name}.log`);
  // Every JSON document is YAML too.
  writeFileSync(configFile, JSON.stringify({ socket, stateDir, ...options.config }, null, 2));
  const command = [...(options.through ?? []), process.execPath, CLI, "agent"];
  const agent = [...command, "--config", configFile];
  const child = spawnInside(options.namespace, agent, logFile, options.env ?? {});
  return {
    pid: child.pid ?? 0,
    socket,
    stateDir,
    client: createClient(socket),
    log: () => readFileSync(logFile, "utf8"),
    running: () => isRunning(child),
    stop: () => stop(child),
    async kill() {
      if (!isRunning(child)) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

// setpriv and ip both replace themselves by what they run, so the PID is the agent's own. A
// process group of its own keeps the terminal's Ctrl-C away: we stop the agent, in our order.
function spawnInside(
  namespace: Namespace,
  agent: readonly string[],
  logFile: string,
  env: Record<string, string>,
): ChildProcess {
  const args = ["--pdeathsig", "TERM", "ip", "netns", "exec", namespace.name, ...agent];
  const log = openSync(logFile, "a");
  const child = spawn("setpriv", args, {
    stdio: ["ignore", log, log],
    detached: true,
    env: { ...process.env, ...env },
  });
  child.once("error", () => {}); // an exit without a PID says it all
  closeSync(log);
  return child;
}

async function untilReady(agent: AgentProcess, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + START_LIMIT_MS;
  while (agent.running()) {
    signal.throwIfAborted();
    const state = await agent.client.status().then(
      (status) => status.state,
      () => "starting",
    );
    if (state === "ready") return;
    if (performance.now() > deadline) {
      throw new Error(`the agent is not ready after ${START_LIMIT_MS} ms: ${tail(agent.log())}`);
    }
    await delay(POLL_MS);
  }
  throw new Error(`the agent did not start: ${tail(agent.log())}`);
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (!isRunning(child)) return child.exitCode;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await ended;
  clearTimeout(timer);
  return child.exitCode;
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function tail(log: string): string {
  const lines = log.trimEnd().split("\n").slice(-10);
  return lines.join("\n") || "it said nothing";
}
