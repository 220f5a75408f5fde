import { existsSync, readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { nodeBinary } from "./node.mjs";
import { root, runLogged, SetupError } from "./run.mjs";
import { digest, filesBelow, isCurrent, writeStamp } from "./stamp.mjs";

/** @typedef {import("./host.mjs").Purpose} Purpose */

/**
 * @typedef {object} Tree
 * @property {string} name
 * @property {string} directory of CMake, below the checkout
 * @property {string[]} outputs below the checkout
 * @property {[string, string[]][]} commands configure, then build
 */

const cmakeJs = [
  resolve(root, "node_modules/cmake-js/bin/cmake-js"),
  ["--out", "build/cmake", "-G", "Ninja", "--CDCMAKE_EXPORT_COMPILE_COMMANDS=ON"],
].flat();

/** Holds the Node headers, so cmake-js drives it; `configure` again because packages may be new. */
const release = {
  name: "native",
  directory: "build/cmake",
  outputs: ["build/Release/millrace.node", "build/Release/millrace"],
  commands: [
    /** @type {[string, string[]]} */ ([nodeBinary, [...cmakeJs, "configure"]]),
    /** @type {[string, string[]]} */ ([nodeBinary, [...cmakeJs, "build"]]),
  ],
};

/** The unit tests again under ASan and UBSan; Debug keeps assert() in. */
const sanitize = {
  name: "sanitize",
  directory: "build/sanitize",
  outputs: ["build/sanitize/millrace_tests"],
  commands: [
    /** @type {[string, string[]]} */ ([
      "cmake",
      [
        "-S",
        ".",
        "-B",
        "build/sanitize",
        "-G",
        "Ninja",
        "-DMILLRACE_SANITIZE=ON",
        "-DCMAKE_BUILD_TYPE=Debug",
      ],
    ]),
    /** @type {[string, string[]]} */ ([
      "cmake",
      ["--build", "build/sanitize", "--target", "millrace_tests"],
    ]),
  ],
};

/**
 * Builds what `purpose` needs and is not current.
 * @param {Purpose} purpose
 * @param {Map<string, string>} versions of the Debian packages: a new compiler or library is a reason too
 * @param {boolean} force build even when nothing changed
 * @returns {Promise<string[]>} names of the trees that were built
 * @throws {SetupError}
 */
export async function ensureNative(purpose, versions, force) {
  const facts = [...versions].map((entry) => entry.join(" ")).sort();
  const value = digest(root, sources(), facts);
  const built = [];
  for (const tree of treesFor(purpose)) {
    const stamp = resolve(root, tree.directory, ".millrace-stamp");
    const outputs = tree.outputs.map((path) => resolve(root, path));
    if (!force && isCurrent(stamp, value, outputs)) continue;
    await build(tree, outputs);
    writeStamp(stamp, value);
    built.push(tree.name);
  }
  return built;
}

/**
 * @param {Purpose} purpose
 * @returns {Tree[]}
 */
function treesFor(purpose) {
  if (purpose !== "test") return [release];
  const outputs = [...release.outputs, "build/Release/millrace_tests"];
  return [{ ...release, outputs }, sanitize];
}

/** Everything the native build reads from the checkout. */
function sources() {
  const paths = ["CMakeLists.txt", "package-lock.json", "cmake", "native", "cni/shim", "bench"];
  const read = /\.(c|cpp|h|hpp|cmake)$|\/(CMakeLists\.txt|package-lock\.json)$/;
  return paths.flatMap((path) => filesBelow(resolve(root, path), read));
}

/**
 * @param {Tree} tree
 * @param {string[]} outputs absolute
 */
async function build(tree, outputs) {
  dropForeignCache(resolve(root, tree.directory));
  const remedy = "the first error above says what is wrong; `npm run build` tries again";
  for (const [index, [command, args]] of tree.commands.entries()) {
    const title = `${index === 0 ? "configuring" : "building"} ${tree.name}`;
    await runLogged({ title, command, args, log: `${tree.name}.log`, remedy });
  }
  const missing = outputs.filter((path) => !existsSync(path));
  if (missing.length > 0)
    throw new SetupError(`the ${tree.name} build did not make ${missing.join(", ")}`);
}

/**
 * CMake refuses a tree that was configured for another place, as after moving the checkout.
 * @param {string} directory
 */
function dropForeignCache(directory) {
  const cache = resolve(directory, "CMakeCache.txt");
  if (!existsSync(cache)) return;
  const home = /^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m.exec(readFileSync(cache, "utf8"))?.[1];
  if (home !== root) rmSync(directory, { recursive: true });
}
