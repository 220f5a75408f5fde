import { setTimeout as delay } from "node:timers/promises";
import { median, spread } from "../lib/stats.ts";
import { type Group, makeRow, type Outcome, type RunOptions, type Target } from "../row.ts";
import type { Node } from "../scale/node.ts";
import { dutCpu } from "../traffic/load.ts";
import { lossesBetween, lossesOf } from "./losses.ts";
import { countKernelRoutes, startRoutedNode, untilFollowed } from "./node.ts";
import { type Family, KernelTable, type Verb } from "./table.ts";
import { type Interval, packetsPerSecond, SteadyPair } from "./traffic.ts";

const scenario = "routes-under-traffic";
const tables = [
  { family: 4, count: 1_000_000 },
  { family: 6, count: 200_000 },
] as const;
const limitMs = 30_000;
/** Both intervals begin and end with traffic and nothing else. */
const marginMs = 200;
const limits = { loadSeconds: 10, perSecond: 100_000 };

/** How long a change of all routes of a family took. */
interface Change {
  family: Family;
  verb: Verb;
  routes: number;
  /** Until the kernel had made it. */
  kernelSeconds: number;
  /** Until it was in the table of the network. */
  seconds: number;
}

interface Measured {
  updates: Interval[];
  controls: Interval[];
  changes: Change[];
}

async function run(_names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { scope, rounds, progress } = options;
  progress("setting up a node with an uplink that follows a table of the kernel");
  const node = await startRoutedNode(scope, "routes");
  const pair = await SteadyPair.attach(scope, node, "routes");
  const kernel = await KernelTable.of(node.namespace);
  const measured: Measured = { updates: [], controls: [], changes: [] };
  for (let round = 0; round < rounds; round++) {
    scope.signal.throwIfAborted();
    const before = await lossesOf(node);
    const update = await pair.during(async () => {
      await delay(marginMs);
      for (const verb of ["add", "del"] as const) {
        for (const { family, count } of tables) {
          const changed = await change(node, kernel, verb, family, count, scope.signal);
          measured.changes.push(changed);
        }
      }
      await delay(marginMs);
    });
    const where = lossesBetween(before, await lossesOf(node));
    const control = await pair.during(() => delay(update.seconds * 1000));
    measured.updates.push(update);
    measured.controls.push(control);
    const lost = `${update.lost} of ${update.sent} packets lost, ${control.lost} of ${control.sent} without updates`;
    progress(`round ${round + 1} of ${rounds}: ${update.seconds.toFixed(1)} s of updates: ${lost}`);
    if (where !== "") progress(`  counted by the agent meanwhile: ${where}`);
  }
  return report(measured, await describe(node));
}

/** Has the kernel make or take back routes and waits until the network has done so too. */
async function change(
  node: Node,
  kernel: KernelTable,
  verb: Verb,
  family: Family,
  count: number,
  signal: AbortSignal,
): Promise<Change> {
  const known = (await node.agent.client.mirror()).routes;
  const taken = await countKernelRoutes(node.agent);
  const started = performance.now();
  const loaded = await kernel.change(verb, family, count);
  const more = verb === "add" ? loaded.routes : -loaded.routes;
  await untilFollowed(node.agent, known + more, taken + more, limitMs, signal);
  const seconds = (performance.now() - started) / 1000;
  return { family, verb, routes: loaded.routes, kernelSeconds: loaded.seconds, seconds };
}

function report({ updates, controls, changes }: Measured, notes: string[]): Outcome {
  const of = (family: Family, verb: Verb) =>
    changes.filter((one) => one.family === family && one.verb === verb);
  const row = (subject: string, metric: string, unit: string, values: readonly number[]) =>
    makeRow({ scenario, subject, metric, unit }, spread(values), values.length);
  const perChange = ([4, 6] as const).flatMap((family) =>
    (["add", "del"] as const).flatMap((verb) => {
      const subject = `ipv${family}-${verb}`;
      const all = of(family, verb);
      return [
        row(
          subject,
          "in-fib",
          "s",
          all.map(({ seconds }) => seconds),
        ),
        row(
          subject,
          "in-kernel",
          "s",
          all.map(({ kernelSeconds }) => kernelSeconds),
        ),
        row(subject, "rate", "routes/s", all.map(rate)),
      ];
    }),
  );
  const rows = [
    row(
      "updates",
      "lost",
      "packets",
      updates.map(({ lost }) => lost),
    ),
    row(
      "control",
      "lost",
      "packets",
      controls.map(({ lost }) => lost),
    ),
    row(
      "updates",
      "sent",
      "packets/s",
      updates.map(({ sent, seconds }) => sent / seconds),
    ),
    row(
      "control",
      "sent",
      "packets/s",
      controls.map(({ sent, seconds }) => sent / seconds),
    ),
    ...perChange,
  ];
  return { rows, notes, targets: [judgeLoss(updates, controls), ...judgeRates(changes)] };
}

function rate({ routes, seconds }: Change): number {
  return routes / seconds;
}

function judgeLoss(updates: readonly Interval[], controls: readonly Interval[]): Target {
  const sum = (all: readonly Interval[]) => all.reduce((lost, one) => lost + one.lost, 0);
  const [during, without] = [sum(updates), sum(controls)];
  return {
    text: `no more packets lost while routes change than otherwise: ${during} against ${without} in as many seconds`,
    pass: during <= without,
  };
}

function judgeRates(changes: readonly Change[]): Target[] {
  const loads = changes.filter(({ family, verb }) => family === 4 && verb === "add");
  const load = median(loads.map(({ seconds }) => seconds));
  const slowest = Math.min(...changes.map(rate));
  const usual = median(changes.map(rate));
  return [
    {
      text: `1 M routes of the kernel in the table within ${limits.loadSeconds} s: ${load.toFixed(1)} s`,
      pass: load < limits.loadSeconds,
    },
    {
      text: `mirror: at least ${limits.perSecond / 1000} k routes/s with the time the kernel itself takes: ${thousands(usual)} k (slowest ${thousands(slowest)} k)`,
      pass: usual >= limits.perSecond,
    },
  ];
}

async function describe(node: Node): Promise<string[]> {
  const { overruns, resyncs, resyncMs, skipped } = await node.agent.client.mirror();
  const left = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
  return [
    `one pair carries ${packetsPerSecond} packets/s, the worker is on CPU ${dutCpu}; in-fib includes the time the kernel itself takes to change, in-kernel is that alone`,
    `mirror: ${overruns} overruns, ${resyncs} resyncs, the last one took ${resyncMs} ms; skipped: ${left.join(", ") || "none"}`,
  ];
}

function thousands(value: number): string {
  return (value / 1000).toFixed(0);
}

export const routesUnderTraffic: Group = {
  scenarios: [
    {
      name: scenario,
      subjects: ["updates", "control", "ipv4-add", "ipv4-del", "ipv6-add", "ipv6-del"],
      what: "1 M IPv4 and 200 k IPv6 routes of the kernel come and go under steady traffic: loss, time, rate",
    },
  ],
  run,
};
