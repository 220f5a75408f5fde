import { parseArgs } from "node:util";
import { type Row, summarise } from "../src/setup/results.ts";
import { runSuite, type Suite, selectSuites } from "../src/setup/suites.ts";

let interrupted = false;

async function runAll(suites: Suite[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const suite of suites) {
    console.log(`\n== ${suite.name}`);
    rows.push({ suite: suite.name, ...(await runSuite(suite)) });
    if (interrupted) break;
  }
  return rows;
}

/** `npm test -- --only native,unit` */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  const suites = selectSuites(values.only);
  // The running suite gets the signal too and cleans up; we stay for the summary.
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => (interrupted = true));
  process.exitCode = summarise(await runAll(suites), interrupted) ? 0 : 1;
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 2;
});
