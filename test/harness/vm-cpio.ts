import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface CpioEntry {
  /** Without a leading slash. */
  name: string;
  mode: number;
  data: Buffer;
}

const DIRECTORY = 0o040755;
const FILE = 0o100644;
const EXECUTABLE = 0o100755;
const BLOCK = 512;

export const directory = (name: string): CpioEntry => ({
  name,
  mode: DIRECTORY,
  data: Buffer.alloc(0),
});

export const executable = (name: string, data: Buffer): CpioEntry => ({
  name,
  mode: EXECUTABLE,
  data,
});

/** A directory with all it has, under `name`; directories come before what is in them. */
export function entriesBelow(path: string, name: string): CpioEntry[] {
  if (!lstatSync(path).isDirectory()) return [{ name, mode: FILE, data: readFileSync(path) }];
  const inside = readdirSync(path).sort();
  return [
    directory(name),
    ...inside.flatMap((part) => entriesBelow(join(path, part), `${name}/${part}`)),
  ];
}

/**
 * An archive of the form "newc", as the kernel unpacks for its initramfs
 * (Documentation/driver-api/early-userspace/buffer-format.rst). Several may follow each other.
 */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const end: CpioEntry = { name: "TRAILER!!!", mode: 0, data: Buffer.alloc(0) };
  const all = [...entries, end].flatMap((entry, index) => member(entry, index + 1));
  return padded(Buffer.concat(all), BLOCK);
}

function member({ name, mode, data }: CpioEntry, inode: number): Buffer[] {
  const nameBytes = Buffer.from(`${name}\0`);
  const links = (mode & 0o170000) === 0o040000 ? 2 : 1;
  // inode mode uid gid links mtime size, device and its own device, length of the name, checksum
  const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, 0, 0, nameBytes.length, 0];
  const hex = fields.map((field) => field.toString(16).padStart(8, "0")).join("");
  return [padded(Buffer.concat([Buffer.from(`070701${hex}`), nameBytes]), 4), padded(data, 4)];
}

function padded(data: Buffer, to: number): Buffer {
  return Buffer.concat([data, Buffer.alloc((to - (data.length % to)) % to)]);
}
