import { constants } from "node:fs";
import { open, readdir, readFile, readlink } from "node:fs/promises";
import { basename, join } from "node:path";

/** Where sysfs is, unless a test says otherwise. */
export const SYSFS = "/sys";

/**
 * What reading answers when the thing is not there: a file or device that is gone (the kernel says
 * ENODEV for a file that was open meanwhile, ESRCH for a process), or an attribute that this device has no value for.
 */
const ABSENT: ReadonlySet<string> = new Set([
  "ENOENT",
  "ENOTDIR",
  "ENODEV",
  "ENXIO",
  "ESRCH",
  "EINVAL",
  "ENOTSUP",
  "EOPNOTSUPP",
]);

/** The value, or `none` when the thing is not there. Every other failure is one. */
async function unlessAbsent<T>(reading: Promise<T>, none: T): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? "")) return none;
    throw error;
  }
}

/** Content of an attribute without its line end; null when it is not there. */
export async function readText(...path: string[]): Promise<string | null> {
  const text = await unlessAbsent<string | null>(readFile(join(...path), "utf8"), null);
  return text === null ? null : text.trim();
}

/** An attribute that holds an integer; null when it is not there or holds none. */
export async function readNumber(...path: string[]): Promise<number | null> {
  const text = await readText(...path);
  const value = Number(text);
  return text === null || text === "" || !Number.isInteger(value) ? null : value;
}

/** What a link says; "" when it is not there. */
export function linkTarget(...path: string[]): Promise<string> {
  return unlessAbsent(readlink(join(...path)), "");
}

/** Name of what a link leads to, e.g. of the driver; "" when it is not there. */
export async function linkName(...path: string[]): Promise<string> {
  return basename(await linkTarget(...path));
}

/** Names in a directory, sorted; none when it is not there. */
export async function names(...path: string[]): Promise<string[]> {
  return (await unlessAbsent(readdir(join(...path)), [])).sort();
}

/** Directory of a PCI device. */
export function pciDevice(sysfs: string, address: string): string {
  return join(sysfs, "bus/pci/devices", address);
}

/**
 * Gives an attribute a value, in one write(2) as sysfs demands.
 * @throws what the kernel says, with `code`
 */
export async function writeAttribute(path: string, value: string): Promise<void> {
  // Neither made when it is missing nor opened for reading, which files for writing only refuse.
  const file = await open(path, constants.O_WRONLY | constants.O_TRUNC);
  try {
    await file.write(value);
  } finally {
    await file.close();
  }
}
