// Runs test/vm inside guests: npm run test:vm [-- FILE ...]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { countVitest, judge, type Outcome, table, totalLine } from "../../src/setup/results.ts";
import { root } from "../../src/setup/run.mjs";
import { startReaper } from "../fixtures/reaper.ts";
import { openScope, type Scope } from "../harness/scope.ts";
import { type GuestTests, guestTests } from "../harness/vm-files.ts";
import { GUEST_CONTROL, kernelLog, runGuest } from "../harness/vm-guest.ts";
import { findGuest, type GuestFiles } from "../harness/vm-store.ts";

interface Row {
  suite: string;
  outcome: Outcome;
  seconds: number;
}

const LIMIT_MS = 15 * 60_000;
const REPORT = "report.json";

async function runAll(scope: Scope, guests: GuestTests[]): Promise<Row[]> {
  const { files, lacks } = await findGuest(scope.signal);
  if (files === null) {
    console.log(`\nskipped: ${lacks}`);
    return guests.map(skipped);
  }
  console.log(`  guests are ${files.about}`);
  const rows: Row[] = [];
  for (const guest of guests) {
    console.log(`\n== ${guest.name}`);
    rows.push(await runOne(scope, files, guest));
    if (scope.signal.aborted) break;
  }
  return rows;
}

/** Not a test of it has run; each file counts for one, as what is in it is not known. */
const skipped = ({ name, files }: GuestTests): Row => ({
  suite: name,
  outcome: { passed: 0, skipped: files.length, failures: [] },
  seconds: 0,
});

async function runOne(scope: Scope, files: GuestFiles, guest: GuestTests): Promise<Row> {
  const started = performance.now();
  const control = join(scope.dir, guest.name);
  mkdirSync(control);
  const end = await runGuest({
    files,
    hardware: guest.hardware,
    command: vitestCommand(guest),
    directory: root,
    control,
    onOutput: (text) => process.stdout.write(withoutCursor(text)),
    signal: scope.signal,
    limitMs: LIMIT_MS,
  }).catch((error: Error) => ({ status: null, failure: error.message }));
  keepKernelLog(guest.name, control);
  if (end.failure !== "") console.error(`\n${end.failure}`);
  const [firstLine = ""] = end.failure.split("\n");
  const ending = end.status === 0 ? "" : firstLine || `exit status ${end.status}`;
  const outcome = judge(readReport(join(control, REPORT)), ending);
  return { suite: guest.name, outcome, seconds: (performance.now() - started) / 1000 };
}

function vitestCommand({ name, files }: GuestTests): string[] {
  const colour = process.stdout.isTTY ? "FORCE_COLOR=1" : "NO_COLOR=1";
  return [
    ...["env", "CI=true", colour, `MILLRACE_GUEST=${name}`],
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

function readReport(path: string): Outcome | null {
  if (!existsSync(path)) return null;
  try {
    return countVitest(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null; // cut short while it was written: how the guest ended tells the rest
  }
}

function keepKernelLog(name: string, control: string): void {
  const path = resolve(root, "build/log", `vm-${name}.log`);
  mkdirSync(resolve(path, ".."), { recursive: true });
  writeFileSync(path, kernelLog(control));
}

/** @returns whether all is well */
function summarise(rows: Row[], interrupted: boolean): boolean {
  const failures = rows.flatMap(({ suite, outcome }) =>
    outcome.failures.map((title) => `  ${suite}: ${title}`),
  );
  if (failures.length > 0) console.log(["", "failed:", ...failures].join("\n"));
  if (interrupted) console.log("\ninterrupted: not every test has run");
  const outcomes = rows.map(({ outcome }) => outcome);
  console.log(["", ...table(rows), "", totalLine(outcomes)].join("\n"));
  return failures.length === 0 && !interrupted;
}

async function main(): Promise<void> {
  const guests = guestTests(root, process.argv.slice(2));
  await using scope = await openScope("vm", { catchSignals: true });
  startReaper();
  const rows = await runAll(scope, guests).catch((error: Error) => {
    if (scope.signal.aborted) return [];
    throw error;
  });
  process.exitCode = summarise(rows, scope.signal.aborted) ? 0 : 1;
}

main()
  .catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 2;
  })
  // Interrupted while it waits for another run, it would go on waiting.
  .finally(() => process.exit());
