import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/**
 * Files below `path` (or `path` itself) that `pattern` accepts; none when it does not exist.
 * @param {string} path
 * @param {RegExp} pattern
 * @returns {string[]}
 */
export function filesBelow(path, pattern) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return pattern.test(path) ? [path] : [];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name), pattern));
}

/**
 * Digest of names and contents of `files` and of `facts`. Contents, not times: changing branches
 * and back costs no build, and a file that vanished counts as a change.
 * @param {string} base directory that names are relative to
 * @param {string[]} files absolute
 * @param {string[]} facts anything else the result depends on
 */
export function digest(base, files, facts) {
  const hash = createHash("sha256");
  for (const fact of facts) hash.update(`fact ${fact}\0`);
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`file ${relative(base, file)} ${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/**
 * True when the last build in this tree was of the same digest and left all its outputs.
 * @param {string} stamp file
 * @param {string} value from `digest`
 * @param {string[]} outputs
 */
export function isCurrent(stamp, value, outputs) {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === value && outputs.every(existsSync);
}

/**
 * @param {string} stamp file
 * @param {string} value from `digest`
 */
export function writeStamp(stamp, value) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, value);
}
