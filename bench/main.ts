import { writeFileSync } from "node:fs";
import { Interrupted, openScope } from "../test/harness/scope.ts";
import { unlessAborted } from "./lib/abort.ts";
import { raiseSession } from "./lib/priority.ts";
import { type BenchOptions, parseOptions, usage } from "./options.ts";
import { groups } from "./registry.ts";
import { formatList, formatOutcome } from "./report.ts";
import type { Group, Row } from "./row.ts";

/** Runs one group in a scope of its own, so that groups do not see each other's set-up. */
async function runGroup(group: Group, options: BenchOptions): Promise<Row[]> {
  const names = group.scenarios
    .map(({ name }) => name)
    .filter((name) => options.names.includes(name));
  if (names.length === 0) return [];
  await using scope = await openScope("bench", { catchSignals: true });
  scope.cleanup.use(raiseSession());
  const progress = (line: string) => console.error(`  ${line}`);
  const outcome = await unlessAborted(
    group.run(names, { ...options, progress, scope }),
    scope.signal,
  );
  console.log(`${formatOutcome(outcome)}\n`);
  return outcome.rows;
}

/** Runs every group that was asked for; a failure of one does not keep the others from running. */
async function runAll(options: BenchOptions): Promise<void> {
  if (options.rounds < 5) console.error(`  ${options.rounds} rounds are no basis for a claim`);
  const rows: Row[] = [];
  // After every group, so that an interruption leaves what was measured; once before, so that a
  // path that cannot be written is known at once.
  writeRows(options.json, rows);
  for (const group of groups) {
    try {
      rows.push(...(await runGroup(group, options)));
      writeRows(options.json, rows);
    } catch (error) {
      process.exitCode = 1;
      if (error instanceof Interrupted) throw error;
      const names = group.scenarios.map(({ name }) => name).join(", ");
      console.error(`failed: ${names}: ${(error as Error).stack}\n`);
    }
  }
}

function writeRows(path: string | null, rows: readonly Row[]): void {
  if (path !== null) writeFileSync(path, `${JSON.stringify(rows, null, 2)}\n`);
}

async function main(args: readonly string[]): Promise<void> {
  const known = groups.flatMap(({ scenarios }) => scenarios.map(({ name }) => name));
  let options: BenchOptions;
  try {
    options = parseOptions(args, known);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (options.list) console.log(formatList(groups));
  else await runAll(options);
}

main(process.argv.slice(2)).catch((error: Error) => {
  const interrupted = error instanceof Interrupted;
  console.error(interrupted ? `${error.message}; cleaned up` : error.stack);
  process.exitCode = interrupted ? 130 : 1;
});
