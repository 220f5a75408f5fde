import type { Group, Outcome, RunOptions, Target } from "../row.ts";
import { startKernelNodesPath } from "./kernel-nodes-path.ts";
import { startKernelPath } from "./kernel-path.ts";
import { startMillraceNodesPath } from "./millrace-nodes-path.ts";
import { startMillracePath } from "./millrace-path.ts";
import type { Path } from "./path.ts";
import { formatRatio, type Result, ratio, run } from "./scenario.ts";

const subjects = ["millrace-tc-1500", "kernel-route-1500", "millrace-tc-vxlan", "kernel-vxlan"];
/** Of the kernel's rate, with all its offloads. */
const least = 0.8;

async function startAll({ scope }: RunOptions): Promise<Path[]> {
  const millrace = { mtu: 1500, frameSize: 2048, workers: 1, backend: "tc" } as const;
  return [
    await startMillracePath(scope, millrace),
    await startKernelPath(scope, { kind: "route", mtu: 1500, offloads: true }),
    await startMillraceNodesPath(scope),
    await startKernelNodesPath(scope),
  ];
}

function compare(results: readonly Result[]): Pick<Outcome, "notes" | "targets"> {
  const targets = [
    ...judge(results, "millrace-tc-1500", "kernel-route-1500"),
    ...judge(results, "millrace-tc-vxlan", "kernel-vxlan"),
  ];
  return { notes: [], targets };
}

function judge(results: readonly Result[], of: string, to: string): Target[] {
  const measured = ratio(results, of, to);
  if (measured === null) return [];
  const text = `${of}/${to} at least ${least.toFixed(2)}: measured ${formatRatio(measured)}`;
  return [{ text, pass: measured.median >= least }];
}

function tcPair(streams: number): Group {
  const scenario = `tcp-tc-${streams}stream${streams > 1 ? "s" : ""}`;
  const load = `${streams} stream${streams > 1 ? "s" : ""} of iperf3`;
  const what = `TCP between two pods whose ports keep super-frames, beside the kernel's, ${load}: on one node, and on two over VXLAN`;
  return {
    scenarios: [{ name: scenario, subjects, what }],
    run: (_names, options) => run({ scenario, streams, start: startAll, compare }, options),
  };
}

export const tcpTcPairs: readonly Group[] = [tcPair(1), tcPair(4)];
