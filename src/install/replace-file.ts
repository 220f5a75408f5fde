import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { replaceDurably, syncDirectory } from "../store/durable-file.ts";

/** Longer than any write takes: what is older was left by an installation that was killed. */
const LEFT_OVER_MS = 10 * 60_000;

export interface FileContent {
  bytes: Uint8Array;
  mode: number;
}

/**
 * Gives a path new content without ever showing half of it. Who executes or reads the old file
 * goes on with it: it keeps its inode until nobody has it open.
 * @returns false when the file was as it should be and was not touched
 * @throws Error naming the file
 */
export async function replaceFile(path: string, wanted: FileContent): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await removeLeftOvers(path, LEFT_OVER_MS);
    if (await isAlready(path, wanted)) return false;
    await write(path, wanted);
    return true;
  } catch (cause) {
    throw new Error(`${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** @returns false when there is none. @throws Error naming the file */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await removeLeftOvers(path, 0);
    await rm(path);
    await syncDirectory(dirname(path));
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw new Error(`${path} cannot be removed: ${(cause as Error).message}`, { cause });
  }
}

async function isAlready(path: string, { bytes, mode }: FileContent): Promise<boolean> {
  const { mode: has } = await stat(path).catch(() => ({ mode: 0 }));
  return (has & 0o7777) === mode && (await readFile(path)).equals(bytes);
}

/** A name of its own for each, as two may be installing; no runtime takes it for a configuration. */
async function write(path: string, wanted: FileContent): Promise<void> {
  const next = join(dirname(path), `${leftOverPrefix(path)}${randomUUID()}`);
  await replaceDurably(path, next, wanted);
}

const leftOverPrefix = (path: string) => `.${basename(path)}.new-`;

async function removeLeftOvers(path: string, olderThanMs: number): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(leftOverPrefix(path))) continue;
    const file = join(dirname(path), name);
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs >= olderThanMs) await rm(file, { force: true });
  }
}
