import { spread } from "../lib/stats.ts";
import { type Group, makeRow, type Outcome, type Row, type RunOptions } from "../row.ts";
import { dutCpu } from "../traffic/load.ts";
import {
  dpdkCommand,
  findDpdkLpm,
  millraceCommand,
  type Sample,
  Subject,
  type SubjectName,
  type Task,
} from "./subject.ts";
import { describeRatios, judge, type Result } from "./targets.ts";

const subjects: SubjectName[] = ["millrace", "dpdk-lpm", "dpdk-fib"];
/** Seconds; a program has five to answer, with its other measurements. */
const longestSample = 1;
const scenarios = [
  { name: "lpm-ipv4-1M", family: 4, routes: 1_000_000, keys: 4 << 20, what: "1 M IPv4 routes" },
  { name: "lpm-ipv6-200k", family: 6, routes: 200_000, keys: 1 << 20, what: "200 k IPv6 routes" },
] as const;

async function run(names: readonly string[], options: RunOptions): Promise<Outcome> {
  const dpdk = await findDpdkLpm();
  const outcome: Outcome = { rows: [], targets: [], notes: describe(dpdk?.version ?? null) };
  for (const scenario of scenarios.filter(({ name }) => names.includes(name))) {
    const task = { ...scenario, seconds: Math.min(options.seconds, longestSample) };
    const results = await runScenario(scenario.name, task, dpdk?.path ?? null, options);
    outcome.rows.push(...results.flatMap((result) => makeRows(scenario.name, result)));
    outcome.notes.push(...describeRatios(scenario.name, results));
    outcome.targets.push(...judge(scenario.name, results));
  }
  return outcome;
}

/** Loads the table into every subject, then samples them in turns. */
async function runScenario(
  name: string,
  task: Task,
  dpdk: string | null,
  { rounds, scope, progress }: RunOptions,
): Promise<Result[]> {
  const commands: [SubjectName, string[]][] = [["millrace", millraceCommand(task)]];
  if (dpdk !== null) {
    commands.push(["dpdk-lpm", dpdkCommand(dpdk, "lpm", task)]);
    commands.push(["dpdk-fib", dpdkCommand(dpdk, "fib", task)]);
  }
  await using children = new AsyncDisposableStack();
  scope.cleanup.defer(() => children.disposeAsync());
  const results: Result[] = [];
  for (const [subject, command] of commands) {
    progress(`${name}: ${subject} loads the table`);
    scope.signal.throwIfAborted();
    const started = await Subject.start(subject, command, (child) => children.use(child));
    results.push({ subject: started, samples: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < results.length; turn++) {
      const result = results[(round + turn) % results.length] as Result;
      scope.signal.throwIfAborted();
      const sample = await result.subject.measure();
      result.samples.push(sample);
      progress(`round ${round + 1} of ${rounds}: ${name}: ${describeSample(result, sample)}`);
    }
  }
  requireSameAnswers(name, results);
  return results;
}

/** @throws Error when subjects found different values for the same keys */
function requireSameAnswers(name: string, results: readonly Result[]): void {
  const sums = new Set(results.flatMap(({ samples }) => samples.map(({ sum }) => sum)));
  if (sums.size > 1)
    throw new Error(`${name}: the subjects disagree: sums ${[...sums].join(", ")}`);
}

function makeRows(scenario: string, { subject, samples }: Result): Row[] {
  const { load_s, bytes } = subject.loaded;
  const numbers: [metric: string, unit: string, values: number[]][] = [
    ["lookups", "lookups/s", samples.map(({ ns }) => 1e9 / ns)],
    ["time", "ns/lookup", samples.map(({ ns }) => ns)],
    ["uniform", "ns/lookup", samples.map((sample) => sample.uniform_ns)],
    ["updates", "updates/s", samples.map(({ updates }) => updates)],
    ["load", "s", [load_s]],
    ["memory", "bytes", [bytes]],
  ];
  return numbers.map(([metric, unit, values]) =>
    makeRow({ scenario, subject: subject.name, metric, unit }, spread(values), values.length),
  );
}

function describeSample({ subject }: Result, { ns, updates }: Sample): string {
  return `${subject.name} ${ns.toFixed(2)} ns per lookup, ${Math.round(updates / 1000)} k updates/s`;
}

function describe(version: string | null): string[] {
  const notes = [
    `one thread on CPU ${dutCpu}, bursts of 64; keys lie inside announced prefixes, those of "uniform" anywhere`,
    "an update takes a random route out or puts it back",
  ];
  if (version === null)
    return [...notes, "dpdk left out: not installed (apt-get install libdpdk-dev)"];
  return [
    ...notes,
    `DPDK ${version} without hugetlbfs, its memory advised to use huge pages as Millrace's is`,
    "memory is what DPDK allocated for the configured size, with its rules",
  ];
}

export const lpm: Group = {
  scenarios: scenarios.map(({ name, what }) => ({
    name,
    subjects,
    what: `longest-prefix match, ${what}: lookups, updates, memory`,
  })),
  run,
};
