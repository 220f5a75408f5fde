import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Replaces a file: a crash leaves either the old one or the new one, and the disk has it before
 * this resolves.
 * @throws Error naming the file
 */
export async function writeDurably(path: string, text: string): Promise<void> {
  const next = `${path}.new`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeSynced(next, text);
    await rename(next, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(next, { force: true }).catch(() => {});
    const reason = (error as Error).message;
    throw new Error(`${path} cannot be written: ${reason}; free or repair the disk`, {
      cause: error,
    });
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  await using file = await open(path, "w", 0o600);
  await file.writeFile(text);
  await file.sync();
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, "r");
  await directory.sync();
}
