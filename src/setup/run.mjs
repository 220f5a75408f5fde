import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

/** The checkout, absolute. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

const progressMs = 3000;
const tailLines = 25;

/** A set-up step that cannot go on: what failed, and in `remedy` what the user can do about it. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {string} [remedy] one or more lines
   */
  constructor(message, remedy = "") {
    super(message);
    this.name = "SetupError";
    this.remedy = remedy;
  }
}

/**
 * Standard output of a short command, or null when it cannot be started.
 * The exit status is ignored: dpkg-query answers for the packages it knows and then exits with 1.
 * @param {string} command
 * @param {string[]} args
 * @returns {string | null}
 */
export function capture(command, args) {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch (error) {
    const { stdout } = /** @type {{ stdout?: unknown }} */ (error);
    return typeof stdout === "string" ? stdout : null;
  }
}

/**
 * Last lines of a log, without colours and with overwritten progress lines resolved.
 * @param {string} text
 * @param {number} count
 */
export function tail(text, count) {
  return stripVTControlCharacters(text)
    .split("\n")
    .map((line) => line.trimEnd().split("\r").at(-1) ?? "")
    .filter((line) => line.trim() !== "")
    .slice(-count);
}

/**
 * @typedef {object} LoggedCommand
 * @property {string} title what the user is waiting for
 * @property {string} command
 * @property {string[]} args
 * @property {string} log name below build/log, appended to
 * @property {NodeJS.ProcessEnv} [env] default: ours
 * @property {string} [remedy]
 */

/**
 * Runs a long command with its output in a log file, and shows every three seconds how far it is.
 * @param {LoggedCommand} options
 * @returns {Promise<number>} seconds it took
 * @throws {SetupError} with the end of the log when it fails
 */
export async function runLogged({ title, command, args, log, env, remedy }) {
  const path = resolve(root, "build/log", log);
  mkdirSync(dirname(path), { recursive: true });
  const started = Date.now();
  const elapsed = () => (Date.now() - started) / 1000;
  const sink = openSync(path, "a");
  const from = readFileSync(path).length;
  const written = () => readFileSync(path).subarray(from).toString("utf8");

  console.log(`  ${title} ...`);
  const progress = setInterval(() => {
    const [line] = tail(written(), 1);
    console.log(
      `  ${elapsed().toFixed(0).padStart(5)} s  ${(line ?? "no output yet").trim().slice(0, 100)}`,
    );
  }, progressMs);
  try {
    const failure = await finished(
      spawn(command, args, { cwd: root, env: env ?? process.env, stdio: ["ignore", sink, sink] }),
    );
    if (failure === "") return elapsed();
    const lines = tail(written(), tailLines).map((line) => `    ${line}`);
    const end = [`${title}: ${command} ${failure}`, ...lines, `  whole log: ${path}`];
    throw new SetupError(end.join("\n"), remedy);
  } finally {
    clearInterval(progress);
    closeSync(sink);
  }
}

/**
 * Waits for a child. A signal meant for us goes to the child first, so that nothing is left behind.
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<string>} "" on success, else how it ended
 */
function finished(child) {
  return new Promise((done) => {
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => {
      child.once("close", () => process.exit(128 + constants.signals[signal]));
      child.kill(signal);
    };
    process.once("SIGINT", pass).once("SIGTERM", pass).once("SIGHUP", pass);
    /** @param {string} outcome */
    const settle = (outcome) => {
      process.off("SIGINT", pass).off("SIGTERM", pass).off("SIGHUP", pass);
      done(outcome);
    };
    child.once("error", (error) => settle(`could not be started (${error.message})`));
    child.once("close", (code, signal) => {
      settle(code === 0 ? "" : signal ? `was ended by ${signal}` : `exited with ${code}`);
    });
  });
}
