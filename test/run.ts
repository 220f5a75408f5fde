import { parseArgs } from "node:util";
import { type Row, summarise } from "../src/setup/results.ts";
import { runSuite, type Suite, selectSuites } from "../src/setup/suites.ts";
import { goTool, toolsOnDemand } from "./harness/go-tools.ts";

/** Suites with tests that run programs written in Go. */
const WITH_PEERS = new Set(["unit", "netns", "cni", "cri"]);

let interrupted = false;

/** Builds what tests would build, in more time than a test has. What cannot be built they say. */
async function buildPeers(suites: readonly Suite[]): Promise<void> {
  if (!suites.some(({ name }) => WITH_PEERS.has(name))) return;
  for (const name of toolsOnDemand()) {
    if (interrupted) return;
    const started = Date.now();
    const { lacks } = await goTool(name);
    const seconds = Math.round((Date.now() - started) / 1000);
    if (lacks !== "") console.log(`  ${lacks}`);
    else if (seconds > 1) console.log(`  ${name}, a peer of tests, was built in ${seconds} s`);
  }
}

async function runAll(suites: Suite[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const suite of suites) {
    if (interrupted) break;
    console.log(`\n== ${suite.name}`);
    rows.push({ suite: suite.name, ...(await runSuite(suite)) });
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
  await buildPeers(suites);
  process.exitCode = summarise(await runAll(suites), interrupted) ? 0 : 1;
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 2;
});
