import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Scope } from "../../test/harness/scope.ts";
import { percentUsed } from "../lib/cpu-time.ts";
import { bytesOf } from "../lib/meminfo.ts";
import { median, type Spread, spread } from "../lib/stats.ts";
import { type Group, makeRow, type Outcome, type Row, type RunOptions } from "../row.ts";
import { dutCpu, smallFrames } from "../traffic/load.ts";
import { isDisturbed, type Sample, takeSample } from "../traffic/sample.ts";
import type { Tester } from "../trial/tester.ts";
import { attachPair, attachPod, describePorts, type Node, pairNetwork, startNode } from "./node.ts";
import { ratios, takeTurns } from "./turns.ts";

const scenario = "ports-250";
const few = 2;
const many = 250;
const patience = 2;
const idleSeconds = 3;
/** Attaching leaves work behind that is not idling: journal compaction, garbage collection. */
const settleMs = 3000;
const limits = { ratio: 0.9, idlePercent: 3, kibPerPort: 300 };

/** Room for all pods, the same for both agents, so that their memory can be compared. */
const dataplane = { cpus: [dutCpu], maxPorts: 256, frames: 32768 };

interface Subject {
  name: string;
  pods: number;
  node: Node;
  tester: Tester;
  samples: Sample[];
}

/** Resident and ring memory in KiB. */
interface Memory {
  resident: number;
  heap: number;
  mapped: number;
  /** Vmalloc memory of all AF_XDP rings of this kernel; null when it does not say. */
  rings: number | null;
}

async function run(_names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { scope, rounds, seconds, progress } = options;
  progress("setting up two agents with a pair each");
  const alone = await startSubject(scope, "alone", few);
  const crowded = await startSubject(scope, "crowded", many);
  await delay(settleMs, undefined, { signal: scope.signal });
  const before = readMemory(crowded.node.agent.pid);
  progress(`attaching ${many - few} more pods to one of them`);
  for (let pod = few; pod < many; pod++) await attachPod(scope, crowded.node, `crowd-pod${pod}`);
  await delay(settleMs, undefined, { signal: scope.signal });
  const idle: number[] = [];
  const perPort: number[] = [];
  await takeTurns([alone, crowded], rounds, scope.signal, async (subject, round) => {
    if (subject === crowded) {
      idle.push(await idlePercent(subject.node.agent.pid, scope.signal));
      perPort.push((readMemory(subject.node.agent.pid).resident - before.resident) / (many - few));
    }
    const load = smallFrames("skb", 1, seconds);
    const sample = await takeSample(subject.tester.run, load, patience);
    subject.samples.push(sample);
    progress(`round ${round + 1} of ${rounds}: ${subject.name} ${mega(sample.pps)} Mpps`);
  });
  const after = readMemory(crowded.node.agent.pid);
  const relative = ratios(rates(crowded), rates(alone));
  const numbers: [metric: string, unit: string, values: number[]][] = [
    ["idle-cpu", "percent of a core", idle],
    ["rss-per-port", "KiB", perPort],
    ["relative-pps", "ratio", relative],
  ];
  return {
    rows: [
      ...[alone, crowded].map((subject) => rateRow(subject)),
      ...numbers.map(([metric, unit, values]) =>
        makeRow({ scenario, subject: crowded.name, metric, unit }, spread(values), values.length),
      ),
    ],
    notes: await describe(alone, crowded, before, after),
    targets: judge(spread(relative), median(idle), median(perPort)),
  };
}

async function startSubject(scope: Scope, name: string, pods: number): Promise<Subject> {
  const node = await startNode(scope, { name, config: { dataplane, networks: [pairNetwork] } });
  const { tester } = await attachPair(scope, node, name);
  return { name: `millrace-${pods}`, pods, node, tester, samples: [] };
}

/** Of an agent that nothing is asked of any more. */
async function idlePercent(pid: number, signal: AbortSignal): Promise<number> {
  await delay(settleMs / 3, undefined, { signal });
  return await percentUsed(pid, idleSeconds, signal);
}

function readMemory(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kibibytes = (key: string) => (bytesOf(status, key) ?? Number.NaN) / 1024;
  return {
    resident: kibibytes("VmRSS"),
    heap: kibibytes("RssAnon"),
    mapped: kibibytes("RssFile") + kibibytes("RssShmem"),
    rings: ringKib(),
  };
}

/** The kernel names the function that allocated the memory: xskq_create() makes a ring. */
function ringKib(): number | null {
  try {
    const areas = readFileSync("/proc/vmallocinfo", "utf8").split("\n");
    const rings = areas.filter((line) => line.includes("xskq_create"));
    if (rings.length === 0) return null;
    return rings.reduce((sum, line) => sum + Number(line.split(/\s+/)[1]) / 1024, 0);
  } catch {
    return null;
  }
}

function rates({ samples }: Subject): number[] {
  return samples.map(({ pps }) => pps);
}

function rateRow(subject: Subject): Row {
  const key = { scenario, subject: subject.name, metric: "pps", unit: "packets/s" };
  return makeRow(key, spread(rates(subject)), subject.samples.length);
}

function judge(ratio: Spread, idle: number, kib: number) {
  const { median, min, max } = ratio;
  const measured = `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
  return [
    {
      text: `a busy pair among ${many} pods: at least ${limits.ratio.toFixed(2)} x the pair alone: measured ${measured}`,
      pass: median >= limits.ratio,
    },
    {
      text: `idle agent with ${many} pods below ${limits.idlePercent} % of a core: ${idle.toFixed(2)} %`,
      pass: idle < limits.idlePercent,
    },
    {
      text: `at most ${limits.kibPerPort} KiB of resident memory per port: ${kib.toFixed(0)} KiB`,
      pass: kib <= limits.kibPerPort,
    },
  ];
}

async function describe(
  alone: Subject,
  crowded: Subject,
  before: Memory,
  after: Memory,
): Promise<string[]> {
  const perPort = (from: number, to: number) => ((to - from) / (many - few)).toFixed(0);
  const disturbed = [...alone.samples, ...crowded.samples].filter(isDisturbed).length;
  const rings =
    before.rings === null || after.rings === null
      ? "the kernel does not tell the size of its AF_XDP rings here"
      : `the kernel's AF_XDP rings take ${perPort(before.rings, after.rings)} KiB per port; being mapped, most of them count in the agent's resident memory as well`;
  return [
    `${alone.name}: ${await describePorts(alone.node)}; ${crowded.name}: ${await describePorts(crowded.node)}`,
    `both agents have a worker on CPU ${dutCpu} and ${dataplane.frames} frames, which is the shared UMEM`,
    `of the resident memory per port ${perPort(before.heap, after.heap)} KiB are anonymous, ${perPort(before.mapped, after.mapped)} KiB mapped`,
    rings,
    ...(disturbed > 0 ? [`${disturbed} samples were disturbed by other work on this machine`] : []),
  ];
}

function mega(rate: number): string {
  return (rate / 1e6).toFixed(3);
}

export const ports250: Group = {
  scenarios: [
    {
      name: scenario,
      subjects: [`millrace-${few}`, `millrace-${many}`],
      what: `a busy pair among ${many} attached pods next to the pair alone; idle CPU and memory per port`,
    },
  ],
  run,
};
