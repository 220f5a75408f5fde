import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative, resolve } from "node:path";
import { capture, root } from "./run.mjs";
import { digest, filesBelow } from "./stamp.mjs";

/** @typedef {{ file: string, command: string }} CompileCommand */

const database = resolve(root, "build/cmake");
/** One file per clean source: named after the digest of everything its findings depend on. */
const cleanDir = resolve(root, "build/tidy");
const headers = /\.(h|hpp)$/;

/**
 * Runs clang-tidy over every source of the release build that changed since it was last clean.
 * @returns {Promise<boolean>} true when there are no findings
 */
export async function runTidy() {
  const path = join(database, "compile_commands.json");
  if (!existsSync(path)) {
    console.error(`${path} is missing: run \`npm run build\` first`);
    return false;
  }
  mkdirSync(cleanDir, { recursive: true });
  const queue = staleSources(JSON.parse(readFileSync(path, "utf8")));
  if (queue.length > 0) console.log(`lint: clang-tidy reads ${queue.length} files ...`);
  let clean = true;
  const next = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const findings = await tidy(job.file);
      if (findings === "") writeFileSync(job.mark, "");
      else console.error(findings);
      clean &&= findings === "";
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, next));
  return clean;
}

/**
 * @param {CompileCommand[]} commands
 * @returns {{ file: string, mark: string }[]}
 */
function staleSources(commands) {
  const shared = [
    resolve(root, ".clang-tidy"),
    ...["native", "bench"].flatMap((dir) => filesBelow(resolve(root, dir), headers)),
  ];
  const facts = [capture("clang-tidy", ["--version"]) ?? ""];
  return commands
    .filter(({ file }) => ownSource(file))
    .map(({ file, command }) => {
      const value = digest(root, [file, ...shared], [...facts, command]);
      return { file, mark: join(cleanDir, value) };
    })
    .filter(({ mark }) => !existsSync(mark));
}

/**
 * Sources of ours, not what the build generated.
 * @param {string} file absolute
 */
function ownSource(file) {
  return /^(native|cni|bench)\//.test(relative(root, file)) && existsSync(file);
}

/**
 * @param {string} file
 * @returns {Promise<string>} findings; "" when there are none
 */
function tidy(file) {
  return new Promise((done) => {
    const args = ["-p", database, "--quiet", "--extra-arg=-Wno-unknown-warning-option", file];
    const child = spawn("clang-tidy", args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => (output.stdout += chunk));
    child.stderr.on("data", (chunk) => (output.stderr += chunk));
    child.once("error", (error) =>
      done(`${error.message}: run \`npm run setup -- --for test\` first`),
    );
    // Findings are on stdout; stderr counts suppressed ones, and matters only when nothing else is said.
    child.once("close", (code) => done(code === 0 ? "" : output.stdout || output.stderr));
  });
}
