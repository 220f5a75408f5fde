import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { bootId } from "./boot-id.ts";
import { JournalError } from "./journal-error.ts";

interface Owner {
  pid: number;
  /** Field 22 of /proc/PID/stat: a later process with the same PID has another one. */
  startTicks: string;
  bootId: string;
}

export interface StateLock {
  release(): void;
}

/**
 * Makes this process the only writer of a state directory. Two guards, because each is blind in
 * one eye: a socket in the abstract namespace, which the kernel frees when its owner dies but
 * which is seen in one network namespace only, and a PID file, which is seen wherever the
 * directory is but needs the same PID namespace to tell a living owner from a dead one.
 * @throws JournalError locked, naming the process that has it
 */
export async function lockStateDir(dir: string): Promise<StateLock> {
  const path = join(dir, "agent.pid");
  const guard = await bindGuard(dir).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EADDRINUSE" ? locked(dir, readOwner(path)) : error;
  });
  const owner = readOwner(path);
  if (owner && isAlive(owner)) {
    guard.close();
    throw locked(dir, owner);
  }
  writeFileSync(path, JSON.stringify(self()), { mode: 0o600 });
  return {
    release() {
      rmSync(path, { force: true });
      guard.close();
    },
  };
}

function bindGuard(dir: string): Promise<Server> {
  const { dev, ino } = statSync(dir);
  const server = createServer((connection) => connection.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(`\0millrace-state:${dev}:${ino}`, () => resolve(server.unref()));
  });
}

function self(): Owner {
  return { pid: process.pid, startTicks: startTicks(process.pid) ?? "", bootId: bootId() };
}

function isAlive(owner: Owner): boolean {
  return owner.bootId === bootId() && owner.startTicks === startTicks(owner.pid);
}

/** Null when there is no such process. */
function startTicks(pid: number): string | null {
  try {
    // The second field is the command in parentheses and may hold spaces and parentheses itself.
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

/** Null when the file is missing or half-written, as a crash may leave it. */
function readOwner(path: string): Owner | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Owner;
  } catch {
    return null;
  }
}

function locked(dir: string, owner: Owner | null): JournalError {
  const who = owner ? `the agent with PID ${owner.pid}` : "another agent";
  const message = `${dir} is in use by ${who}: stop it first, or give this one another stateDir`;
  return new JournalError("locked", message);
}
