import { lstat, unlink } from "node:fs/promises";
import { isServed } from "../../src/api/claim-socket.ts";

/**
 * Makes a path free for our socket: the socket of a process that is gone is removed.
 * @throws Error in words when a process listens there or the path holds no socket
 */
export async function claimPath(path: string): Promise<void> {
  const found = await lstat(path).catch(notThere);
  if (found === null) return;
  if (!found.isSocket()) throw new Error(`${path} exists and is no socket: remove it`);
  if (await isServed(path)) {
    throw new Error(`another process serves ${path}: stop its device plugin or rename the pool`);
  }
  await unlink(path).catch(notThere);
}

function notThere(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}
