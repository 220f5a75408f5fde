import { must } from "../../test/harness/run.ts";
import { type Spread, spread } from "../lib/stats.ts";
import {
  type Group,
  makeRow,
  type Outcome,
  type Row,
  type RunOptions,
  type Target,
} from "../row.ts";
import { dutCpu } from "../traffic/load.ts";
import { builtFile } from "../traffic/tools.ts";

const flows = 65536;
/** A table of a million routes is made before the time begins. */
const loadTimeoutMs = 60_000;

interface Case {
  name: string;
  program: "millrace_pipeline" | "millrace_vxlan_pipeline";
  /** Behind flows and seconds. */
  more: readonly string[];
  what: string;
  /** Packets per second that are promised, null for none. */
  least: number | null;
}

const cases: readonly Case[] = [
  {
    name: "pipeline-ipv4-64kflows",
    program: "millrace_pipeline",
    more: ["256"],
    what: "the IPv4 graph alone, in memory, 65536 flows, per core",
    least: null,
  },
  {
    name: "pipeline-ipv4-1M",
    program: "millrace_pipeline",
    more: ["1000000"],
    what: "the same over 1 000 000 routes, the flows in random ones of them",
    least: 20e6,
  },
  {
    name: "pipeline-vxlan-encap",
    program: "millrace_vxlan_pipeline",
    more: [],
    what: "the same packets routed into a VXLAN tunnel over IPv4",
    least: 12e6,
  },
];

/** What the programs print. */
interface Report {
  routes: number;
  mpps: number;
  ns_per_packet: number;
  complete: boolean;
}

async function run(names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { rounds, scope, progress } = options;
  const chosen = cases.filter(({ name }) => names.includes(name));
  const reports = new Map<Case, Report[]>(chosen.map((one) => [one, []]));
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < chosen.length; turn++) {
      scope.signal.throwIfAborted();
      const one = chosen[(round + turn) % chosen.length] as Case;
      const report = await measure(one, options);
      progress(
        `round ${round + 1} of ${rounds}: ${one.name} ${report.ns_per_packet} ns per packet`,
      );
      reports.get(one)?.push(report);
    }
  }
  return {
    rows: chosen.flatMap((one) => makeRows(one, reports.get(one) ?? [])),
    notes: describe(reports),
    targets: chosen.flatMap((one) => judge(one, reports.get(one) ?? [])),
  };
}

async function measure(
  { name, program, more }: Case,
  { seconds, scope }: RunOptions,
): Promise<Report> {
  const command = [builtFile(program), `${flows}`, `${seconds}`, ...more];
  const output = await must("taskset", ["-c", `${dutCpu}`, ...command], {
    signal: scope.signal,
    timeoutMs: loadTimeoutMs + seconds * 1000,
  });
  const report = JSON.parse(output) as Report;
  if (!report.complete) throw new Error(`${name}: not every packet arrived: ${output.trim()}`);
  return report;
}

function rates(reports: readonly Report[]): Spread {
  return spread(reports.map(({ mpps }) => mpps * 1e6));
}

function makeRows({ name: scenario }: Case, reports: readonly Report[]): Row[] {
  const key = { scenario, subject: "millrace" };
  const times = spread(reports.map((report) => report.ns_per_packet));
  return [
    makeRow({ ...key, metric: "pps", unit: "packets/s" }, rates(reports), reports.length),
    makeRow({ ...key, metric: "time", unit: "ns/packet" }, times, reports.length),
  ];
}

function judge({ name, least }: Case, reports: readonly Report[]): Target[] {
  if (least === null) return [];
  const { median } = rates(reports);
  const measured = `${(median / 1e6).toFixed(1)} Mpps`;
  return [
    {
      text: `${name}: at least ${least / 1e6} Mpps per core: measured ${measured}`,
      pass: median >= least,
    },
  ];
}

function describe(reports: ReadonlyMap<Case, readonly Report[]>): string[] {
  const tables = [...reports].flatMap(([{ name }, [first]]) =>
    first === undefined ? [] : [`${name}: ${first.routes} routes in the table`],
  );
  return [`one worker's graph on CPU ${dutCpu}: memory in, null port out, no kernel`, ...tables];
}

export const pipeline: Group = {
  scenarios: cases.map(({ name, what }) => ({ name, subjects: ["millrace"], what })),
  run,
};
