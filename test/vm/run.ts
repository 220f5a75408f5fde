// Runs test/vm inside guests: npm run test:vm [-- FILE ...]
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Row, summarise } from "../../src/setup/results.ts";
import { root } from "../../src/setup/run.mjs";
import { startReaper } from "../fixtures/reaper.ts";
import { openScope, type Scope } from "../harness/scope.ts";
import { type GuestTests, guestTests } from "../harness/vm-files.ts";
import { findGuest, type GuestFiles } from "../harness/vm-store.ts";
import { runGuestTests } from "../harness/vm-tests.ts";

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
const skipped = ({ name, files, guests }: GuestTests): Row => ({
  suite: name,
  outcome: { passed: 0, skipped: files.length * guests, failures: [] },
  seconds: 0,
});

async function runOne(scope: Scope, files: GuestFiles, tests: GuestTests): Promise<Row> {
  const started = performance.now();
  const dir = join(scope.dir, tests.name);
  mkdirSync(dir);
  const onOutput = (text: string) => process.stdout.write(text);
  const outcome = await runGuestTests({ files, dir, onOutput, signal: scope.signal }, tests);
  return { suite: tests.name, outcome, seconds: (performance.now() - started) / 1000 };
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
