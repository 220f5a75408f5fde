import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The directory that stands for "/". */
export type Root = string;

/** A file below the root without white space around; undefined when it is not there or not for us. */
export function readTrimmed(root: Root, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), "utf8").replaceAll("\0", "").trim();
  } catch {
    return undefined;
  }
}

/** Names in a directory, sorted; none when it is not there. */
export function namesIn(root: Root, path: string): string[] {
  try {
    return readdirSync(join(root, path)).toSorted();
  } catch {
    return [];
  }
}

/** Value of the first line "name : value" of a file like /proc/cpuinfo. */
export function fieldOf(text: string, name: string): string | undefined {
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0 && line.slice(0, colon).trim() === name) return line.slice(colon + 1).trim();
  }
  return undefined;
}
