import { lstat, mkdir, unlink } from "node:fs/promises";
import { createConnection } from "node:net";
import { dirname } from "node:path";

/** One connect() to a local socket takes microseconds; whoever needs a second is alive but stuck. */
const CONNECT_TIMEOUT_MS = 1000;

/**
 * Makes `path` free to bind: creates its directory, removes the socket of an agent that is gone.
 * @throws Error in words when an agent listens there or when the path holds anything but a socket.
 */
export async function claimSocket(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const found = await lstat(path).catch(notThere);
  if (found === null) return;
  if (!found.isSocket()) {
    throw new Error(
      `socket ${path} exists and is no socket: remove it or configure another "socket"`,
    );
  }
  if (await isServed(path)) {
    throw new Error(
      `an agent already listens on ${path}: stop it, or give this one another "socket" and "stateDir"`,
    );
  }
  await unlink(path).catch(notThere);
}

function notThere(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}

/** Only a refused connection proves that nobody listens; a full backlog (EAGAIN) means a busy one. */
export function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const answer = (served: boolean) => {
      socket.destroy();
      resolve(served);
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => answer(true));
    socket.once("connect", () => answer(true));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      answer(error.code !== "ECONNREFUSED" && error.code !== "ENOENT");
    });
  });
}
