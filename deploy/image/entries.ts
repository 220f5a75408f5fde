import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TarEntry } from "./tar.ts";

const EXECUTABLE = 0o755;
const READABLE = 0o644;

export const directory = (path: string, mode = EXECUTABLE): TarEntry => ({
  ...{ kind: "directory", path, mode },
});

export const link = (path: string, target: string): TarEntry => ({
  ...{ kind: "link", path, target, mode: 0o777 },
});

export const text = (path: string, content: string, mode = READABLE): TarEntry => ({
  ...{ kind: "file", path, mode, data: Buffer.from(content) },
});

/** A file, or what a symbolic link says, from this machine. */
export function copied(path: string, from: string): TarEntry {
  const facts = lstatSync(from);
  if (facts.isSymbolicLink()) return link(path, readlinkSync(from));
  const mode = facts.mode & 0o100 ? EXECUTABLE : READABLE;
  return { kind: "file", path, mode, data: readFileSync(from) };
}

/** Files below a directory that `keep` wants, as entries below `path`. */
export function copiedBelow(
  path: string,
  from: string,
  keep: (name: string) => boolean,
): TarEntry[] {
  return readdirSync(from, { withFileTypes: true }).flatMap((one) => {
    const [inside, source] = [`${path}/${one.name}`, join(from, one.name)];
    if (one.isDirectory()) return copiedBelow(inside, source, keep);
    return keep(one.name) ? [copied(inside, source)] : [];
  });
}

/** In the order of their paths, each behind the directories it is in. */
export function inOrder(entries: readonly TarEntry[]): TarEntry[] {
  const all = new Map<string, TarEntry>();
  for (const entry of entries) {
    for (let dir = dirname(entry.path); dir !== "."; dir = dirname(dir)) {
      if (!all.has(dir)) all.set(dir, directory(dir));
    }
    all.set(entry.path, entry);
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
