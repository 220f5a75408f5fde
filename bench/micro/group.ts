import { Bench } from "tinybench";
import { spread } from "../lib/stats.ts";
import { type Group, makeRow, type Outcome, type RunOptions } from "../row.ts";
import type { MicroCase } from "./case.ts";
import { cniPlan } from "./cni-plan.ts";
import { configParse } from "./config-parse.ts";
import { countersRead, countersRead1000 } from "./counters-read.ts";
import { fibDiff, fibLoad } from "./fib-diff.ts";
import { ipamReserve } from "./ipam-reserve.ts";
import { journalAppend, journalAttachment } from "./journal.ts";
import { metricsScrape } from "./metrics-scrape.ts";
import { resultConvert } from "./result-convert.ts";
import { traceRender } from "./trace-render.ts";

const cases: MicroCase[] = [
  configParse,
  cniPlan,
  ipamReserve,
  fibDiff,
  fibLoad,
  countersRead,
  countersRead1000,
  metricsScrape,
  resultConvert,
  traceRender,
  journalAppend,
  journalAttachment,
];
const sampleMs = 300;
/** Of operations that take longer than their share of a sample. */
const leastOperations = 10;

async function run(names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { rounds, scope, progress } = options;
  const operations = new Map<string, () => unknown>();
  for (const { name, prepare } of cases.filter((one) => names.includes(one.name))) {
    operations.set(name, await prepare(scope));
  }
  const rates = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}: ${names.length} operations`);
    for (const [name, rate] of await runOnce(operations, scope.signal)) rates.get(name)?.push(rate);
  }
  const rows = [...rates].map(([scenario, values]) => {
    const key = { scenario, subject: "millrace", metric: "ops", unit: "ops/s" };
    return makeRow(key, spread(values), rounds);
  });
  return { rows, notes: ["one thread of Node, median operation of each round"], targets: [] };
}

/** Operations per second of the median operation, by name. */
async function runOnce(
  operations: ReadonlyMap<string, () => unknown>,
  signal: AbortSignal,
): Promise<[string, number][]> {
  const bench = new Bench({
    ...{ time: sampleMs, iterations: leastOperations, signal },
    ...{ warmupTime: sampleMs / 3, warmupIterations: leastOperations / 2 },
  });
  for (const [name, operation] of operations) bench.add(name, operation);
  return (await bench.run()).map(({ name, result }) => {
    if (result.state === "completed") return [name, result.throughput.p50];
    throw result.state === "errored" ? result.error : new Error(`${name}: ${result.state}`);
  });
}

export const micro: Group = {
  scenarios: cases.map(({ name, what }) => ({ name, what, subjects: ["millrace"] })),
  run,
};
