import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { CNI_CONF_FILE } from "./cni-files.ts";

/** A key of the list itself: runtimes pass none of these on to plugins. */
export const CONFLIST_MARK = "millrace.io/installed";

/** Each release of the executable has this in it: the name of a variable that it reads. */
const SHIM_MARK = "MILLRACE_TIMEOUT_MS";

/** absent: nothing has that name; foreign: something that is not ours. */
export type Owner = "absent" | "ours" | "foreign";

/** Whose executable has this path. @throws Error when it cannot be read */
export const shimOwner = (path: string): Promise<Owner> =>
  ownerOf(path, (content) => content.includes(SHIM_MARK));

/** Whose configuration has this path. @throws Error when it cannot be read */
export const conflistOwner = (path: string): Promise<Owner> => ownerOf(path, hasMark);

/** Paths of all configurations in a directory that carry our mark, whatever they are called. */
export async function ownConflists(confDir: string): Promise<string[]> {
  const names = await readdir(confDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const own: string[] = [];
  for (const name of names.filter((one) => CNI_CONF_FILE.test(one)).sort()) {
    const path = join(confDir, name);
    if ((await conflistOwner(path)) === "ours") own.push(path);
  }
  return own;
}

async function ownerOf(path: string, isOurs: (content: Buffer) => boolean): Promise<Owner> {
  try {
    return isOurs(await readFile(path)) ? "ours" : "foreign";
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return "absent";
    if (code === "EISDIR") return "foreign";
    throw new Error(`${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function hasMark(content: Buffer): boolean {
  try {
    const list = JSON.parse(content.toString("utf8")) as Record<string, unknown> | null;
    return list?.[CONFLIST_MARK] === true;
  } catch {
    return false;
  }
}
