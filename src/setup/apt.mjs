import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import {
  allPackages,
  missingPackages,
  parseClangMajor,
  parseInstalled,
  queryFormat,
  resolveNames,
  wantedPackages,
} from "./packages.mjs";
import { capture, root, runLogged, SetupError } from "./run.mjs";

/** @typedef {import("./host.mjs").Purpose} Purpose */

const install = ["install", "-y", "--no-install-recommends"];
const options = ["-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=300"];
/** Written when optional packages could not be had, so that not every run tries again. */
const refused = resolve(root, "build/optional-refused");
const retryMs = 24 * 3600 * 1000;

/**
 * Installs what is missing for `purpose`; nothing else is upgraded or removed.
 * @param {Purpose} purpose
 * @returns {Promise<{ versions: Map<string, string>, added: number, notes: string[] }>}
 *   versions of every package of any purpose that is there, and what had to be left out in words
 * @throws {SetupError} with the command to run by hand when it cannot be done from here
 */
export async function ensurePackages(purpose) {
  const wanted = wantedPackages(purpose);
  const first = survey(wanted.required);
  if (first === null) return { versions: new Map(), added: 0, notes: [notDebian(wanted.required)] };
  if (first.missing.length > 0) await installRequired(wanted.required, first.missing);
  const absent = survey(wanted.optional)?.missing ?? [];
  const notes = absent.length > 0 ? await tryOptional(absent) : [];
  const versions = survey(allPackages())?.versions ?? new Map();
  return { versions, added: first.missing.length, notes };
}

/**
 * @param {string[]} wanted
 * @returns {{ versions: Map<string, string>, missing: string[] } | null} null without dpkg
 */
function survey(wanted) {
  const names = resolveNames(wanted, clangMajor);
  const output = names.length > 0 ? capture("dpkg-query", ["-W", "-f", queryFormat, ...names]) : "";
  if (output === null) return null;
  const versions = parseInstalled(output);
  return { versions, missing: missingPackages(names, versions) };
}

/** Of the installed clang, else of the one apt would install, else Debian 12's. */
function clangMajor() {
  const installed = capture("dpkg-query", ["-s", "clang"]);
  return (
    parseClangMajor(installed) ?? parseClangMajor(capture("apt-cache", ["show", "clang"])) ?? "14"
  );
}

/**
 * @param {string[]} wanted
 * @param {string[]} missing of `wanted`
 */
async function installRequired(wanted, missing) {
  const blocked = whyNoApt();
  const remedy = `run: ${byHand(missing)}`;
  if (blocked)
    throw new SetupError(
      `Debian packages are missing, and ${blocked}: ${missing.join(" ")}`,
      remedy,
    );
  await update();
  // Fresh package lists may name another clang than the guess made without them.
  const names = survey(wanted)?.missing ?? missing;
  await aptGet(`installing Debian packages: ${names.join(" ")}`, [...install, ...names], remedy);
  const left = survey(wanted)?.missing ?? [];
  if (left.length > 0) throw new SetupError(`apt-get did not install ${left.join(" ")}`, remedy);
}

/**
 * @param {string[]} missing
 * @returns {Promise<string[]>} what is left out, in words
 */
async function tryOptional(missing) {
  const without = `without ${missing.join(", ")}: what is compared with them is skipped`;
  const blocked = whyNoApt();
  if (blocked) return [`${without}; ${blocked}; to add: ${byHand(missing)}`];
  if (ageMs(refused) < retryMs)
    return [`${without}; refused less than a day ago; to add: ${byHand(missing)}`];
  try {
    await update();
    await aptGet(`installing optional ${missing.join(" ")}`, [...install, ...missing], "");
    rmSync(refused, { force: true });
    return [];
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    mkdirSync(dirname(refused), { recursive: true });
    writeFileSync(refused, `${missing.join(" ")}\n`);
    return [`${without}; ${error.message}`];
  }
}

/** Offline, the lists on disk may still do: a failure here is only a note before the install. */
async function update() {
  try {
    await aptGet("reading the package lists (apt-get update)", ["update"], "");
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.log(`  ${error.message.split("\n")[0]}; going on with the lists on disk`);
  }
}

/**
 * @param {string} title
 * @param {string[]} args
 * @param {string} remedy
 */
function aptGet(title, args, remedy) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
  return runLogged({
    title,
    command: "apt-get",
    args: [...options, ...args],
    log: "apt.log",
    env,
    remedy,
  });
}

/** Why apt-get cannot be used from here; "" when it can. */
function whyNoApt() {
  if (capture("apt-get", ["--version"]) === null) return "this system has no apt-get";
  return process.getuid?.() === 0 ? "" : "only root can install them";
}

/** @param {string[]} names */
function byHand(names) {
  return `sudo apt-get update && sudo apt-get ${install.join(" ")} ${names.join(" ")}`;
}

/** @param {string[]} names */
function notDebian(names) {
  const list = resolveNames(names, () => "*").join(" ");
  return `not a Debian system, so nothing is installed here; the build needs what Debian calls: ${list}`;
}

/** @param {string} path */
function ageMs(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? Date.now() - stat.mtimeMs : Number.POSITIVE_INFINITY;
}
