import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { must } from "../../test/harness/run.ts";
import { spread } from "../lib/stats.ts";
import { type Group, makeRow, type Outcome, type RunOptions } from "../row.ts";
import { dutCpu } from "../traffic/load.ts";
import { nativeCases } from "./cases.ts";

/** Of one repetition of one case, in seconds. */
const sampleSeconds = 0.1;
/** A million routes are put into each of several tables before the time begins. */
const timeoutMs = 600_000;

/** Program that times the cases; built where Google Benchmark is installed. */
export const program = resolve(import.meta.dirname, "../../build/Release/millrace_bench_native");

/** What Google Benchmark says of one repetition; items are our operations. */
interface Repetition {
  run_name: string;
  run_type: "iteration" | "aggregate";
  items_per_second: number;
}

async function run(names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { rounds, scope, progress } = options;
  if (!existsSync(program)) return { rows: [], notes: [missing], targets: [] };
  progress(`${names.length} native cases, ${rounds} times each, in random order`);
  const args = [
    `--benchmark_filter=^(${names.join("|")})$`,
    `--benchmark_min_time=${sampleSeconds}`,
    `--benchmark_repetitions=${rounds}`,
    "--benchmark_enable_random_interleaving=true",
    "--benchmark_format=json",
  ];
  const output = await must("taskset", ["-c", `${dutCpu}`, program, ...args], {
    signal: scope.signal,
    timeoutMs,
  });
  const times = parseTimes(output);
  const rows = names.map((scenario) => {
    const key = { scenario, subject: "millrace", metric: "time", unit: "ns/op" };
    return makeRow(key, spread(times.get(scenario) ?? []), rounds);
  });
  return { rows, notes: [placement], targets: [] };
}

const missing = "left out: apt-get install libbenchmark-dev, then npm run build";
const placement = `CPU time of one thread on CPU ${dutCpu}, by Google Benchmark; caches and branches are warm`;

/**
 * Reads Google Benchmark's JSON.
 * @returns nanoseconds of one operation in each repetition, by case
 */
export function parseTimes(json: string): Map<string, number[]> {
  const { benchmarks } = JSON.parse(json) as { benchmarks: Repetition[] };
  const repetitions = benchmarks.filter(({ run_type }) => run_type === "iteration");
  const names = new Set(repetitions.map(({ run_name }) => run_name));
  const timesOf = (name: string) =>
    repetitions
      .filter(({ run_name }) => run_name === name)
      .map(({ items_per_second }) => 1e9 / items_per_second);
  return new Map([...names].map((name) => [name, timesOf(name)]));
}

export const nativeTables: Group = {
  scenarios: nativeCases.map(({ name, what }) => ({ name, what, subjects: ["millrace"] })),
  run,
};
