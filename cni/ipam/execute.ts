import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface Execution {
  file: string;
  env: Record<string, string>;
  stdin: string;
  /** After as many milliseconds it is killed with all that it has started. */
  limitMs: number;
}

export interface Executed {
  /** null when a signal ended it. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Why we have killed it; "" when we have not. */
  killed: string;
}

const MAX_STDOUT = 1 << 20;
const MAX_STDERR = 1 << 16;

/**
 * Runs a program to its end: no shell, no arguments, an environment of its own, and no descriptor
 * of ours but the pipes. A session of its own keeps what is sent to the agent's group away.
 * @throws Error when it cannot be started
 */
export async function execute({ file, env, stdin, limitMs }: Execution): Promise<Executed> {
  const child = spawn(file, [], { env, stdio: "pipe", detached: true });
  await once(child, "spawn");
  let killed = "";
  const kill = (why: string) => {
    killed ||= why;
    if (child.pid !== undefined) killGroup(child.pid);
  };
  const timer = setTimeout(kill, limitMs, `does not end within ${limitMs} ms`);
  const stdout = collect(child.stdout, MAX_STDOUT, () =>
    kill(`prints more than ${MAX_STDOUT} bytes`),
  );
  const stderr = collect(child.stderr, MAX_STDERR, () => {});
  // One that does not read it may have its reasons.
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  try {
    const exitCode = await ended(child, limitMs);
    return { exitCode, signal: child.signalCode, stdout: stdout(), stderr: stderr(), killed };
  } finally {
    clearTimeout(timer);
    // What it has left in the background could hold the pipes, and us, for ever.
    for (const stream of child.stdio) stream?.destroy();
  }
}

// Its pipes close with the last process that has them, which may be a daemon: after its own end
// there is only what lies in them already.
const DRAIN_MS = 200;

async function ended(child: ChildProcess, limitMs: number): Promise<number | null> {
  const closed = once(child, "close");
  await once(child, "exit");
  const drained = AbortSignal.timeout(Math.min(DRAIN_MS, limitMs));
  await Promise.race([closed, once(drained, "abort")]);
  return child.exitCode;
}

/** Kills a program with all that it has started. @param pid of the leader of its group */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}

function collect(
  stream: NodeJS.ReadableStream,
  limit: number,
  onTooMuch: () => void,
): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= limit) chunks.push(chunk);
    else onTooMuch();
  });
  stream.on("error", () => {});
  return () => Buffer.concat(chunks).toString();
}
