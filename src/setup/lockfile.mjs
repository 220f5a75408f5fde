import { existsSync, readFileSync } from "node:fs";

/**
 * @typedef {object} LockEntry
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 * @property {string | string[]} [os]
 * @property {string | string[]} [cpu]
 * @property {string | string[]} [libc]
 */

/**
 * `packages` of package-lock.json, or of the record of the same form that npm leaves in node_modules.
 * @param {string} path
 * @returns {Record<string, LockEntry>} by path below the checkout; empty when there is no such file
 */
export function readLock(path) {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")).packages ?? {}) : {};
}

/**
 * True when what npm recorded after its last run is what the lock file asks for.
 * npm writes that record last, so an install that was cut short never looks complete.
 * @param {Record<string, LockEntry>} wanted from package-lock.json
 * @param {Record<string, LockEntry>} have from node_modules/.package-lock.json
 * @param {string} [cpu]
 */
export function sameInstall(wanted, have, cpu = process.arch) {
  const asked = Object.entries(wanted).filter(([path]) => path.startsWith("node_modules/"));
  const complete = asked.every(([path, entry]) => {
    const found = have[path];
    if (found === undefined) return entry.optional === true && !madeFor(entry, cpu);
    return found.version === entry.version && found.integrity === entry.integrity;
  });
  return complete && Object.keys(have).every((path) => path in wanted);
}

/**
 * True for a binary package for this machine. npm leaves these out without a word when it runs on a
 * Node that is too old for them, and what needs them then fails much later.
 * @param {LockEntry} entry
 * @param {string} cpu
 */
function madeFor({ os, cpu: cpus, libc }, cpu) {
  if (cpus === undefined || ![cpus].flat().includes(cpu)) return false;
  return [os ?? "linux"].flat().includes("linux") && [libc ?? "glibc"].flat().includes("glibc");
}
