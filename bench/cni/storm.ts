import { type StormReport, storm } from "../../test/fixtures/storm.ts";
import { startAgent } from "../../test/harness/agent-process.ts";
import { createNamespace } from "../../test/harness/namespace.ts";
import { openPart, type Scope } from "../../test/harness/scope.ts";
import { watchOthers } from "../lib/cpu-time.ts";
import type { Group, Outcome, Row, RunOptions, Target } from "../row.ts";
import { callRows } from "./call-rows.ts";

const scenario = "storm";
const pods = 200;
const kills = 5;

/** Pods at the same time, deaths of the agent meanwhile, and the limit of the ADD calls' p95 in ms. */
const weathers = {
  calm: { parallel: 1, kills: 0, limit: 50 },
  crowd: { parallel: 20, kills: 0, limit: 200 },
  storm: { parallel: 20, kills, limit: 200 },
} as const;

type Weather = keyof typeof weathers;
const names = Object.keys(weathers) as Weather[];

async function run(_names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { rounds, progress, scope } = options;
  const usedByOthers = watchOthers();
  const reports = { calm: [], crowd: [], storm: [] } as Record<Weather, StormReport[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      progress(`round ${round + 1} of ${rounds}: ${pods} pods, ${name}`);
      reports[name].push(await weatherOf(scope, name));
    }
  }
  const rows = names.flatMap((name) => rowsOf(name, reports[name]));
  const others = Math.round(usedByOthers() * 100);
  const notes = [
    `${pods} pods each: calm one after the other, crowd and storm 20 at a time; ` +
      `storm with the agent killed ${kills} times`,
    "times are of each call that succeeded, without the waits between repeated ones",
    ...names.map((name) => repeatsOf(name, reports[name])),
    `others used ${others} % of a CPU meanwhile`,
  ];
  return { rows, notes, targets: names.flatMap((name) => judge(name, rows, reports[name])) };
}

/** One round, with an agent of its own. */
async function weatherOf(scope: Scope, name: Weather): Promise<StormReport> {
  await using part = openPart(scope);
  const node = await createNamespace(part, `${name}-node`);
  const networks = [{ name: "bench", nodePrefixes: ["10.65.0.0/16"] }];
  const start = () =>
    startAgent(part, { namespace: node, name, config: { log: { level: "warn" }, networks } });
  let agent = await start();
  const { socket } = agent;
  const { parallel, kills } = weathers[name];
  const share = pods / (kills + 1);
  let restarted: Promise<void> = Promise.resolve();
  const report = await storm(part, {
    ...{ pods, parallel },
    callOf: (containerId, netns) => ({ socket, network: "bench", containerId, netns }),
    onPod(done) {
      if (done % Math.ceil(share) !== 0 || done / share > kills) return;
      restarted = restarted.then(async () => {
        await agent.kill();
        agent = await start();
      });
      restarted.catch(() => {}); // awaited below
    },
  });
  await restarted;
  return report;
}

function rowsOf(name: Weather, reports: readonly StormReport[]): Row[] {
  return callRows(
    scenario,
    name,
    reports.map(({ calls }) => calls),
  );
}

function repeatsOf(name: Weather, reports: readonly StormReport[]): string {
  const repeated = reports.reduce((total, report) => total + report.repeated, 0);
  const attached = reports.reduce((total, report) => total + report.attached, 0);
  return `${name}: ${attached} of ${pods * reports.length} pods attached, ${repeated} calls repeated`;
}

function judge(name: Weather, rows: readonly Row[], reports: readonly StormReport[]): Target[] {
  const { limit } = weathers[name];
  const row = rows.find(({ subject, metric }) => subject === name && metric === "add-p95");
  const p95 = row?.median ?? Number.POSITIVE_INFINITY;
  const failures = reports.flatMap((report) => report.failures);
  return [
    { text: `${name}: ADD p95 below ${limit} ms: ${p95.toFixed(1)} ms`, pass: p95 < limit },
    {
      text: `${name}: every pod attached and detached, ${failures[0] ?? "none failed"}`,
      pass: failures.length === 0,
    },
  ];
}

export const stormTimes: Group = {
  scenarios: [
    {
      name: scenario,
      subjects: names,
      what: `${pods} pods come and go: one by one, 20 at a time, and with the agent killed ${kills} times`,
    },
  ],
  run,
};
