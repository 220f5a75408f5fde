import { lstat } from "node:fs/promises";

/**
 * Tells a file from another one that gets its name later. The inode number alone does not: file
 * systems give it to the next file as soon as it is free.
 * @returns null when there is none
 */
export async function identityOf(path: string): Promise<string | null> {
  try {
    const { dev, ino, birthtimeNs } = await lstat(path, { bigint: true });
    return `${dev}:${ino}:${birthtimeNs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
