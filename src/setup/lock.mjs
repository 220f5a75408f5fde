import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

const patienceMs = 500;

/**
 * Runs `body` while holding an exclusive lock on `path`, so that two set-ups never build into the
 * same tree. The lock is the kernel's (flock(2)) and is held by a helper that ends with its stdin:
 * however this process dies, the lock goes with it and can never be stale.
 * @template T
 * @param {string} path
 * @param {() => void} onWait called once when somebody else holds the lock
 * @param {() => Promise<T>} body
 * @returns {Promise<T>}
 */
export async function withLock(path, onWait, body) {
  mkdirSync(dirname(path), { recursive: true });
  // Detached: Ctrl-C must reach us and our work, not take the lock away while the work still ends.
  const holder = spawn("flock", [path, "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const ended = new Promise((done) => holder.once("close", done).once("error", done));
  const waiting = setTimeout(onWait, patienceMs);
  // A system without flock(1) has no second way to lock; one set-up at a time still works there.
  await Promise.race([new Promise((held) => holder.stdout.once("data", held)), ended]);
  clearTimeout(waiting);
  try {
    return await body();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
