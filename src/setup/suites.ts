import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { countGtest, countVitest, judge, type Outcome } from "./results.ts";
import { root } from "./run.mjs";

export interface Suite {
  name: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  /** JSON written by the suite. */
  report: string;
  count: (report: unknown) => Outcome;
}

/** No suite may hang a run for ever: after this long it is told to stop, and counts as failed. */
const limitMs = 40 * 60 * 1000;
/** Between the request to stop and the one that cannot be ignored: time to clean up namespaces. */
const graceMs = 20_000;

const sanitizers = {
  ASAN_OPTIONS: "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
  UBSAN_OPTIONS: "print_stacktrace=1",
};

/** The line of a sanitizer's report that says what it found, and where. */
const sanitizerFinding = /SUMMARY: |runtime error: /;

/** Every suite in the order of a run: what is quick and needs no privilege comes first. */
export const suites: Suite[] = [
  gtest("native", "build/Release/millrace_tests", {}),
  gtest("sanitize", "build/sanitize/millrace_tests", sanitizers),
  vitest("unit"),
  vitest("gate"),
  vitest("netns"),
  vitest("cni"),
  vitest("cri"),
];

/**
 * Picks suites by name.
 * @param only comma-separated names; undefined means all
 * @throws Error naming the unknown suite
 */
export function selectSuites(only: string | undefined): Suite[] {
  if (only === undefined) return suites;
  const names = only.split(",");
  const known = suites.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(`--only ${unknown}: no such suite; use one or more of ${known.join(",")}`);
  }
  return suites.filter(({ name }) => names.includes(name));
}

/** Runs one suite with its output on ours. Never rejects: what goes wrong is in the outcome. */
export async function runSuite(suite: Suite): Promise<{ outcome: Outcome; seconds: number }> {
  const started = Date.now();
  rmSync(suite.report, { force: true });
  mkdirSync(dirname(suite.report), { recursive: true });
  const ending = await runStreaming(suite);
  return { outcome: judge(readReport(suite), ending), seconds: (Date.now() - started) / 1000 };
}

function readReport({ report, count }: Suite): Outcome | null {
  if (!existsSync(report)) return null;
  try {
    return count(JSON.parse(readFileSync(report, "utf8")));
  } catch {
    return null; // cut short while it was written: the exit status tells the rest
  }
}

/** @returns "" when the command succeeded, else how it ended */
function runStreaming({ command, args, env }: Suite): Promise<string> {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", "inherit", "pipe"],
    });
    const finding = watchFindings(child.stderr);
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), graceMs).unref();
    }, limitMs);
    // Ctrl-C reaches the child by itself; a SIGTERM reaches only us.
    const pass = () => child.kill("SIGTERM");
    process.on("SIGTERM", pass);
    const settle = (ending: string) => {
      clearTimeout(limit);
      process.off("SIGTERM", pass);
      done(late ? `stopped after ${limitMs / 60_000} minutes` : ending);
    };
    child.once("error", (error) => settle(`cannot start: ${error.message}`));
    child.once("close", (code, signal) => {
      const how = signal === null ? `exit status ${code}` : `killed by ${signal}`;
      settle(code === 0 ? "" : [how, ...finding()].join(": "));
    });
  });
}

/** Passes standard error on. The function returned gives what a sanitizer found, if anything. */
function watchFindings(stderr: Readable): () => string[] {
  const found: string[] = [];
  stderr.pipe(process.stderr, { end: false });
  createInterface({ input: stderr }).on("line", (line) => {
    if (sanitizerFinding.test(line)) found.push(line.trim());
  });
  return () => found;
}

function gtest(name: string, binary: string, env: Record<string, string>): Suite {
  const report = resolve(root, `build/test/${name}.json`);
  const args = [`--gtest_output=json:${report}`];
  return { name, command: resolve(root, binary), args, env, report, count: countGtest };
}

/**
 * A suite of vitest.
 * @param name of its project
 * @param filters parts of paths; all files without any
 * @param env more variables
 */
export function vitest(
  name: string,
  filters: readonly string[] = [],
  env: Record<string, string> = {},
): Suite {
  const report = resolve(root, `build/test/${name}.json`);
  const args = [
    [resolve(root, "node_modules/vitest/vitest.mjs"), "run", "--project", name, ...filters],
    ["--reporter=verbose", "--reporter=json", `--outputFile.json=${report}`],
  ].flat();
  return { name, command: process.execPath, args, env, report, count: countVitest };
}
