import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./run.mjs";
import { filesBelow } from "./stamp.mjs";
import { runTidy } from "./tidy.mjs";

const cFiles = /\.(c|cpp|h|hpp)$/;

/**
 * Runs a tool with its output on ours.
 * @param {string} command
 * @param {string[]} args
 * @returns {Promise<boolean>} true when it found nothing
 */
function run(command, args) {
  const path = [resolve(root, "node_modules/.bin"), process.env["PATH"]].join(delimiter);
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, PATH: path },
    });
    child.once("error", (error) => {
      console.error(`${error.message}: run \`npm run setup -- --for test\` first`);
      done(false);
    });
    child.once("close", (code) => done(code === 0));
  });
}

/** @param {boolean} fix */
function steps(fix) {
  const native = ["native", "cni/shim", "bench"].flatMap((dir) =>
    filesBelow(resolve(root, dir), cFiles),
  );
  const format = fix ? ["-i"] : ["--dry-run", "-Werror"];
  return {
    biome: () => run("biome", fix ? ["check", "--write"] : ["check", "--error-on-warnings"]),
    tsc: () => run("tsc", ["-p", "tsconfig.json"]),
    "clang-format": async () =>
      native.length === 0 || (await run("clang-format", [...format, ...native])),
    "clang-tidy": () => runTidy(),
  };
}

async function main() {
  const { values } = parseArgs({ options: { fix: { type: "boolean", default: false } } });
  if (!existsSync(resolve(root, "node_modules/.bin/biome"))) {
    throw new Error("node_modules is missing: run `npm run setup -- --for test` first");
  }
  const failed = [];
  for (const [name, step] of Object.entries(steps(values.fix === true))) {
    const started = Date.now();
    const ok = await step();
    console.log(
      `lint: ${name} ${ok ? "ok" : "FAILED"} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
    );
    if (!ok) failed.push(name);
  }
  if (failed.length > 0) throw new Error(`lint: ${failed.join(", ")} found something`);
}

main().catch((/** @type {Error} */ error) => {
  console.error(error.message);
  process.exitCode = 1;
});
