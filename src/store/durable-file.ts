import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

export interface FileContent {
  bytes: Uint8Array | string;
  mode: number;
}

/**
 * Replaces a file: a crash leaves either the old one or the new one, and the disk has it before
 * this resolves.
 * @param next path beside it for what is half written; what is there is lost
 */
export async function replaceDurably(
  path: string,
  next: string,
  content: FileContent,
): Promise<void> {
  try {
    await writeSynced(next, content);
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true }).catch(() => {});
    throw error;
  }
  await syncDirectory(dirname(path));
}

/**
 * Replaces a file of the agent's own, in a directory that is made when it is missing.
 * @throws Error naming the file
 */
export async function writeDurably(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await replaceDurably(path, `${path}.new`, { bytes: text, mode: 0o600 });
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Error(`${path} cannot be written: ${reason}; free or repair the disk`, { cause });
  }
}

/** Has the disk know which files a directory has. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, "r");
  await directory.sync();
}

async function writeSynced(path: string, { bytes, mode }: FileContent): Promise<void> {
  await using file = await open(path, "w", mode);
  await file.chmod(mode); // whatever the umask is
  await file.writeFile(bytes);
  await file.sync();
}
