import { run as runProgram } from "../../test/harness/run.ts";
import { isDisturbed } from "../lib/least-disturbed.ts";
import { type Spread, spread } from "../lib/stats.ts";
import { type Group, makeRow, type Outcome, type Row, type RunOptions } from "../row.ts";
import { ratios, takeTurns } from "../scale/turns.ts";
import { type KernelOptions, startKernelPath } from "./kernel-path.ts";
import { describeLimits } from "./limits.ts";
import { type MillraceOptions, startMillracePath } from "./millrace-path.ts";
import { describeOffloads, type Path } from "./path.ts";
import { startServer, type Transfer, transfer } from "./transfer.ts";

const kernels: readonly KernelOptions[] = [
  { kind: "bridge", mtu: 1500, offloads: true },
  { kind: "bridge", mtu: 1500, offloads: false },
  { kind: "route", mtu: 1500, offloads: true },
  { kind: "route", mtu: 1500, offloads: false },
  { kind: "route", mtu: 9000, offloads: true },
  { kind: "route", mtu: 9000, offloads: false },
];
const millraces: readonly MillraceOptions[] = [
  { mtu: 1500, frameSize: 2048, workers: 1 },
  { mtu: 3490, frameSize: 4096, workers: 1 },
  { mtu: 9000, frameSize: 4096, workers: 1 },
  { mtu: 1500, frameSize: 2048, workers: 2 },
  { mtu: 9000, frameSize: 4096, workers: 2 },
];
/** Families of subjects, for --list; a row names MTU, offloads and workers as well. */
const subjects = ["millrace", "kernel-bridge", "kernel-route"];
/** Whose rates are compared. */
const pairs = [
  ["millrace-1500", "kernel-route-1500-no-offloads"],
  ["millrace-1500", "kernel-route-1500"],
  ["millrace-9000", "kernel-route-9000-no-offloads"],
  ["millrace-9000", "kernel-route-9000"],
] as const;
/** How often a transfer is repeated while other work disturbs it. */
const patience = 1;

/** One subject with a transfer per round. */
export interface Result {
  path: Path;
  transfers: Transfer[];
}

export interface Comparison {
  /** Name of the scenario. */
  scenario: string;
  streams: number;
  start(options: RunOptions): Promise<Path[]>;
  /** What the ratios say, and what was promised of them. */
  compare(results: readonly Result[]): Pick<Outcome, "notes" | "targets">;
}

export async function run(comparison: Comparison, options: RunOptions): Promise<Outcome> {
  const { scenario, streams, start } = comparison;
  const { scope, rounds, seconds, progress } = options;
  if (!(await hasIperf())) {
    return { rows: [], targets: [], notes: [`${scenario} left out: apt-get install iperf3`] };
  }
  progress("setting up pairs of pods");
  const results: Result[] = [];
  for (const path of await start(options)) {
    await startServer(scope, path);
    results.push({ path, transfers: [] });
  }
  await takeTurns(results, rounds, scope.signal, async ({ path, transfers }, round) => {
    const done = await transfer(path, streams, seconds, patience);
    transfers.push(done);
    progress(`round ${round + 1} of ${rounds}: ${path.subject}: ${describeTransfer(done)}`);
  });
  const { notes, targets } = comparison.compare(results);
  const rows = results.flatMap((result) => makeRows(scenario, result));
  return { rows, notes: [...(await describe(results)), ...notes], targets };
}

export async function hasIperf(): Promise<boolean> {
  return runProgram("iperf3", ["--version"]).then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  );
}

async function startAll({ scope }: RunOptions): Promise<Path[]> {
  const paths: Path[] = [];
  for (const options of millraces) paths.push(await startMillracePath(scope, options));
  for (const options of kernels) paths.push(await startKernelPath(scope, options));
  return paths;
}

function makeRows(scenario: string, { path, transfers }: Result): Row[] {
  const numbers: [metric: string, unit: string, values: number[]][] = [
    ["throughput", "Gbit/s", transfers.map(({ bitsPerSecond }) => bitsPerSecond / 1e9)],
    ["cpu", "CPU s/GB", transfers.map(({ cpuPerGigabyte }) => cpuPerGigabyte)],
    ["retransmits", "segments", transfers.map(({ retransmits }) => retransmits)],
  ];
  return numbers.map(([metric, unit, values]) =>
    makeRow({ scenario, subject: path.subject, metric, unit }, spread(values), values.length),
  );
}

async function describe(results: readonly Result[]): Promise<string[]> {
  const all = results.flatMap(({ transfers }) => transfers);
  const disturbed = all.filter(isDisturbed).length;
  const limits = await Promise.all(results.map((result) => describeLimits(result)));
  return [
    ...results.map(({ path }) => `${path.subject}: ${path.description}`),
    ...(await describeSenders(results)),
    ...limits.flat(),
    "with offloads the kernel passes packets of up to 64 KiB from pod to pod that are never cut",
    "a veth with XDP at its other end has no segmentation offload: the sending pod cuts its packets itself, and all behind it handle every segment",
    "iperf3 runs wherever the scheduler puts it, for every subject; CPU time is that of all CPUs, without other programs'",
    ...(disturbed > 0
      ? [`${disturbed} of ${all.length} transfers were disturbed by other work on this machine`]
      : []),
  ];
}

/** Pods with the same offloads share a line. */
async function describeSenders(results: readonly Result[]): Promise<string[]> {
  const bySetting = new Map<string, string[]>();
  for (const { path } of results) {
    const setting = await describeOffloads(path.client);
    bySetting.set(setting, [...(bySetting.get(setting) ?? []), path.subject]);
  }
  return [...bySetting].map(([setting, names]) => `${names.join(", ")}: pods with ${setting}`);
}

/** Round by round; null when one of them was not measured. */
export function ratio(results: readonly Result[], of: string, to: string): Spread | null {
  const rates = (subject: string) =>
    results
      .find(({ path }) => path.subject === subject)
      ?.transfers.map(({ bitsPerSecond }) => bitsPerSecond) ?? [];
  if (rates(of).length === 0 || rates(to).length === 0) return null;
  return spread(ratios(rates(of), rates(to)));
}

export function formatRatio({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
}

function describeTransfer({ bitsPerSecond, retransmits, disturbance }: Transfer): string {
  const rate = `${(bitsPerSecond / 1e9).toFixed(2)} Gbit/s, ${retransmits} retransmits`;
  const foreign = Math.round(disturbance * 100);
  return foreign > 0 ? `${rate}, ${foreign} % of a CPU used by others` : rate;
}

function comparePairs(results: readonly Result[]): Pick<Outcome, "notes" | "targets"> {
  const notes = pairs.flatMap(([of, to]) => {
    const measured = ratio(results, of, to);
    return measured ? [`${of}/${to} ${formatRatio(measured)}`] : [];
  });
  return { notes, targets: [] };
}

/** One group for each number of streams, so that either stays short. */
function tcpPair(streams: number): Group {
  const name = `tcp-pair-${streams}stream${streams > 1 ? "s" : ""}`;
  const load = `${streams} stream${streams > 1 ? "s" : ""} of iperf3`;
  const what = `TCP between two pods, ${load}: throughput, CPU time, retransmits by MTU, offloads, workers`;
  return {
    scenarios: [{ name, subjects, what }],
    run: (_names, options) =>
      run({ scenario: name, streams, start: startAll, compare: comparePairs }, options),
  };
}

export const tcpPairs: readonly Group[] = [tcpPair(1), tcpPair(4)];
