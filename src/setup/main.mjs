import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensurePackages } from "./apt.mjs";
import { judgeHost, readHost } from "./host.mjs";
import { withLock } from "./lock.mjs";
import { ensureNative } from "./native.mjs";
import { ensureNodePackages } from "./node.mjs";
import { root, SetupError } from "./run.mjs";

/** @typedef {import("./host.mjs").Purpose} Purpose */

const purposes = ["build", "demo", "test", "vm", "kube", "bench"];

/**
 * Reads the command line: `--for PURPOSE` (default build) and `--force-build`.
 * @param {string[]} argv
 * @throws {SetupError}
 */
function readArgs(argv) {
  const options = /** @type {const} */ ({
    for: { type: "string", default: "build" },
    "force-build": { type: "boolean", default: false },
  });
  const { values } = parseArgs({ args: argv, options });
  const purpose = /** @type {Purpose} */ (values.for);
  if (!purposes.includes(purpose)) {
    throw new SetupError(`--for ${purpose} is unknown`, `use one of: ${purposes.join(", ")}`);
  }
  return { purpose, force: values["force-build"] === true };
}

/** @param {Purpose} purpose */
function checkHost(purpose) {
  const problems = judgeHost(readHost(), purpose);
  for (const { what, remedy, still, fatal } of problems) {
    console.log(`  ${fatal ? "cannot go on" : "limited"}: ${what}`);
    console.log(`    remedy: ${remedy}\n    works without it: ${still}`);
  }
  if (problems.some(({ fatal }) => fatal))
    throw new SetupError(`this machine cannot run the ${purpose}`);
}

/**
 * @param {Purpose} purpose
 * @param {boolean} force
 * @returns {Promise<string>} one line saying what is ready
 */
async function setUp(purpose, force) {
  const packages = await ensurePackages(purpose);
  for (const note of packages.notes) console.log(`  ${note}`);
  const node = await ensureNodePackages();
  const built = await ensureNative(purpose, packages.versions, force);
  return [
    `${packages.versions.size} Debian packages${packages.added > 0 ? ` (${packages.added} new)` : ""}`,
    `Node ${node.version}${node.added ? " (new)" : ""}`,
    built.length > 0 ? `built ${built.join(" and ")}` : "native build current",
  ].join(", ");
}

async function main() {
  const started = Date.now();
  const { purpose, force } = readArgs(process.argv.slice(2));
  checkHost(purpose);
  const waiting = () =>
    console.log("  another set-up is at work in this checkout; waiting for it ...");
  const summary = await withLock(resolve(root, "build/setup.lock"), waiting, () =>
    setUp(purpose, force),
  );
  console.log(
    `set-up for ${purpose}: ${summary} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
  );
}

/** @param {unknown} error */
function explain(error) {
  const { code, message, stack } = /** @type {NodeJS.ErrnoException} */ (error);
  if (error instanceof SetupError) {
    return `${message}${error.remedy ? `\n  remedy: ${error.remedy}` : ""}`;
  }
  if (code === "EACCES") {
    return `${message}\n  remedy: build/ or node_modules/ belong to another user; chown them, or run as root`;
  }
  return code?.startsWith("ERR_PARSE_ARGS") ? message : stack;
}

main().catch((error) => {
  console.error(`set-up failed: ${explain(error)}`);
  process.exitCode = 1;
});
