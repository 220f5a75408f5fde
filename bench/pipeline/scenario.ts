import { must } from "../../test/harness/run.ts";
import { spread } from "../lib/stats.ts";
import { type Group, makeRow, type Outcome, type RunOptions } from "../row.ts";
import { dutCpu } from "../traffic/load.ts";
import { builtFile } from "../traffic/tools.ts";

const scenario = "pipeline-ipv4-64kflows";
const flows = 65536;

/** What millrace_pipeline prints. */
interface Report {
  mpps: number;
  ns_per_packet: number;
}

async function run(_names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { rounds, seconds, scope, progress } = options;
  const program = builtFile("millrace_pipeline");
  const reports: Report[] = [];
  for (let round = 0; round < rounds; round++) {
    const args = ["-c", `${dutCpu}`, program, `${flows}`, `${seconds}`];
    const report = JSON.parse(await must("taskset", args, { signal: scope.signal })) as Report;
    progress(`round ${round + 1} of ${rounds}: ${report.ns_per_packet} ns per packet`);
    reports.push(report);
  }
  const key = { scenario, subject: "millrace" };
  const rates = spread(reports.map(({ mpps }) => mpps * 1e6));
  const times = spread(reports.map((report) => report.ns_per_packet));
  return {
    rows: [
      makeRow({ ...key, metric: "pps", unit: "packets/s" }, rates, rounds),
      makeRow({ ...key, metric: "time", unit: "ns/packet" }, times, rounds),
    ],
    notes: [`one worker's graph on CPU ${dutCpu}: memory in, null port out, no kernel`],
    targets: [],
  };
}

export const pipeline: Group = {
  scenarios: [
    {
      name: scenario,
      subjects: ["millrace"],
      what: "the IPv4 graph alone, in memory, 65536 flows, per core",
    },
  ],
  run,
};
