import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { countVitest, judge, type Outcome } from "../../src/setup/results.ts";
import { root } from "../../src/setup/run.mjs";
import { sriovCniForGuests } from "./sriov-cni.ts";
import { cliForGuests } from "./vm-cli.ts";
import type { GuestTests } from "./vm-files.ts";
import { GUEST_CONTROL, type GuestRun, kernelLog, runGuest } from "./vm-guest.ts";
import type { Pair } from "./vm-qemu.ts";
import type { GuestFiles } from "./vm-store.ts";

export interface TestRun {
  files: GuestFiles;
  /** An empty directory for this run. */
  dir: string;
  /** Takes what the guests print, as it comes. */
  onOutput: (text: string) => void;
  /** Kills the guests when aborted. */
  signal: AbortSignal;
}

const LIMIT_MS = 40 * 60_000;
const REPORT = "report.json";
/** Each directory has its share of the kernel's messages here. */
const LOGS = resolve(root, "build/log");

/** Runs the tests of one directory, in one guest or in two at once. @returns the sum of both */
export async function runGuestTests(run: TestRun, tests: GuestTests): Promise<Outcome> {
  if (tests.guests === 1) return await runIn(run, tests, null);
  const shared = join(run.dir, "shared");
  mkdirSync(shared);
  const failed = new AbortController();
  const signal = AbortSignal.any([run.signal, failed.signal]);
  const outcomes = ([1, 2] as const).map(async (node) => {
    const dir = join(run.dir, String(node));
    mkdirSync(dir);
    const onOutput = withPrefix(`${node}| `, run.onOutput);
    const pair = { node, wire: join(run.dir, "wire"), shared };
    const outcome = await runIn({ ...run, dir, onOutput, signal }, tests, pair);
    // The other one would wait for it until its time is up.
    if (outcome.failures.length > 0) failed.abort(new Error(`guest ${node} has failed`));
    return { ...outcome, failures: outcome.failures.map((text) => `guest ${node}: ${text}`) };
  });
  return sum(await Promise.all(outcomes));
}

async function runIn(run: TestRun, tests: GuestTests, pair: Pair | null): Promise<Outcome> {
  const { files, dir, onOutput, signal } = run;
  const guest: GuestRun = {
    files,
    hardware: tests.hardware,
    command: vitestCommand(tests, pair, await cliForGuests()),
    directory: root,
    control: dir,
    pair,
    onOutput: (text) => onOutput(withoutCursor(text)),
    signal,
    limitMs: LIMIT_MS,
  };
  const end = await runGuest(guest).catch((error: Error) => {
    return { status: null, failure: error.message };
  });
  keepKernelLog(pair === null ? tests.name : `${tests.name}-${pair.node}`, dir);
  if (end.failure !== "") onOutput(`\n${end.failure}\n`);
  const [firstLine = ""] = end.failure.split("\n");
  const ending = end.status === 0 ? "" : firstLine || `exit status ${end.status}`;
  return judge(readReport(join(dir, REPORT)), ending);
}

function vitestCommand({ name, files }: GuestTests, pair: Pair | null, cli: string[]): string[] {
  const colour = process.stdout.isTTY ? "FORCE_COLOR=1" : "NO_COLOR=1";
  const guest = [`MILLRACE_GUEST=${name}`, ...(pair ? [`MILLRACE_NODE=${pair.node}`] : [])];
  const { MILLRACE_TEST_SEED: seed } = process.env;
  const random = seed === undefined ? [] : [`MILLRACE_TEST_SEED=${seed}`];
  return [
    ...["env", "CI=true", colour, ...guest, ...random, ...cli, ...sriovCniForGuests()],
    ...[process.execPath, resolve(root, "node_modules/vitest/vitest.mjs")],
    ...["run", "--project", "vm", "--reporter=verbose", "--reporter=json"],
    `--outputFile.json=${join(GUEST_CONTROL, REPORT)}`,
    ...files,
  ];
}

/** vitest takes the guest's console for a terminal and hides the cursor there. */
function withoutCursor(text: string): string {
  return text.replaceAll("\u001b[?25l", "").replaceAll("\u001b[?25h", "");
}

/** Passes on whole lines only, each with the prefix: two guests print at once. */
function withPrefix(prefix: string, onOutput: (text: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    onOutput(lines.map((line) => `${prefix}${line}\n`).join(""));
  };
}

function readReport(path: string): Outcome | null {
  if (!existsSync(path)) return null;
  try {
    return countVitest(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null; // cut short while it was written: how the guest ended tells the rest
  }
}

function keepKernelLog(name: string, control: string): void {
  mkdirSync(LOGS, { recursive: true });
  writeFileSync(join(LOGS, `vm-${name}.log`), kernelLog(control));
}

function sum(outcomes: readonly Outcome[]): Outcome {
  const total = (what: "passed" | "skipped") =>
    outcomes.reduce((all, outcome) => all + outcome[what], 0);
  const failures = outcomes.flatMap((outcome) => outcome.failures);
  return { passed: total("passed"), skipped: total("skipped"), failures };
}
