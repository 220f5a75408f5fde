import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, dirname, relative, resolve, sep } from "node:path";
import { atLeast } from "./host.mjs";
import { readLock, sameInstall } from "./lockfile.mjs";
import { capture, root, runLogged, SetupError } from "./run.mjs";

/** Where `npm run` finds `node` first once the node packages are installed. */
export const nodeBinary = resolve(root, "node_modules/.bin/node");

const minimum = [24, 0];
const modules = resolve(root, "node_modules");
/** Node 24 is an npm package for x64 and arm64. */
const nodePackage = `node_modules/node-linux-${process.arch}`;
const common = ["--no-audit", "--no-fund", "--loglevel=error"];
const offline =
  "check that the registry of `npm config get registry` can be reached, then run again";

/**
 * Brings node_modules to what package-lock.json says, and Node 24 with it.
 * @returns {Promise<{ version: string, added: boolean }>} version of the Node at `nodeBinary`
 * @throws {SetupError}
 */
export async function ensureNodePackages() {
  const wanted = readLock(resolve(root, "package-lock.json"));
  const added = !sameInstall(wanted, readLock(resolve(modules, ".package-lock.json")));
  if (added) {
    await npm({
      title: "installing node packages (npm ci)",
      args: ["ci", "--include=dev", "--include=optional", ...common],
      node: await nodeForNpm(wanted[nodePackage]?.version),
    });
  }
  return { version: ensureNode(), added };
}

/**
 * The Node that npm runs on. It must be new, because npm picks packages by it, and it must not lie
 * in the directory that `npm ci` deletes first.
 * @param {string | undefined} version of Node in the lock file; undefined when npm has none for this CPU
 * @returns {Promise<string>}
 */
async function nodeForNpm(version) {
  const own = process.execPath;
  const usable = atLeast(process.versions.node, minimum) && !own.startsWith(modules + sep);
  if (usable || version === undefined) return own;
  const place = resolve(root, "build/node", version);
  const fetched = resolve(place, nodePackage, "bin/node");
  if (existsSync(fetched)) return fetched;
  await npm({
    title: `fetching Node ${version}`,
    args: ["install", "--prefix", place, "--no-save", "--no-package-lock", ...common].concat(
      `node-linux-${process.arch}@${version}`,
    ),
    node: own,
  });
  return fetched;
}

/**
 * @param {{ title: string, args: string[], node: string }} options `node` is what npm runs on
 */
async function npm({ title, args, node }) {
  const inherited = (process.env["PATH"] ?? "").split(delimiter);
  const path = inherited.filter((entry) => !resolve(entry).startsWith(modules));
  const env = { ...process.env, PATH: [dirname(node), ...path].join(delimiter) };
  await runLogged({ title, command: "npm", args, log: "npm.log", env, remedy: offline });
}

/** Links Node 24 to where everything here looks for it: not every npm does (9.2 does not). */
function ensureNode() {
  const packaged = resolve(root, nodePackage, "bin/node");
  const own = atLeast(process.versions.node, minimum) ? process.execPath : null;
  const target = existsSync(packaged) ? packaged : own;
  if (!existsSync(nodeBinary) && target !== null) {
    mkdirSync(dirname(nodeBinary), { recursive: true });
    rmSync(nodeBinary, { force: true }); // a link to nowhere
    symlinkSync(relative(dirname(nodeBinary), target), nodeBinary);
  }
  const version = (capture(nodeBinary, ["--version"]) ?? "").trim().replace(/^v/, "");
  if (atLeast(version, minimum)) return version;
  const found = version === "" ? "does not run" : `is ${version}`;
  throw new SetupError(
    `Node >= ${minimum[0]} is needed and ${nodeBinary} ${found} (${process.arch})`,
    "install Node 24 or newer yourself and put it first in PATH; npm has it for x64 and arm64",
  );
}
