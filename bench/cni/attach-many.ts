import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type AgentProcess, startAgent } from "../../test/harness/agent-process.ts";
import { mustCni } from "../../test/harness/cni-call.ts";
import { createNamespace, type Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { percentUsed } from "../lib/cpu-time.ts";
import { bytesOf } from "../lib/meminfo.ts";
import { type Spread, spread } from "../lib/stats.ts";
import { type Group, makeRow, type Outcome, type RunOptions } from "../row.ts";
import { sleepingAgent, startWakeUp } from "./wake-up.ts";

const scenario = "attach-100";
const attachments = 100;
const idleSeconds = 5;
/** Attaching leaves work behind that is not idling: journal compaction, garbage collection. */
const settleMs = 2000;
const most = { rssMb: 150, idlePercent: 2 };

/** Units are those of the rows. */
interface Measured {
  rss: number[];
  "idle-cpu": number[];
  "rtt-asleep": number[];
  "rtt-polling": number[];
  "wake-up": number[];
}

const units: Record<keyof Measured, string> = {
  rss: "MB",
  "idle-cpu": "percent of a core",
  "rtt-asleep": "us",
  "rtt-polling": "us",
  "wake-up": "us",
};

async function run(_names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { scope, rounds, progress } = options;
  progress(`attaching ${attachments} pods`);
  const agent = await startLoadedAgent(scope);
  const wakeUp = await startWakeUp(scope);
  await delay(settleMs, undefined, { signal: scope.signal });
  const measured: Measured = {
    rss: [],
    "idle-cpu": [],
    "rtt-asleep": [],
    "rtt-polling": [],
    "wake-up": [],
  };
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}: ${idleSeconds} s idle, then ping`);
    measured["idle-cpu"].push(await percentUsed(agent.pid, idleSeconds, scope.signal));
    measured.rss.push(rssMb(agent.pid));
    const { asleep, polling } = await wakeUp();
    measured["rtt-asleep"].push(asleep);
    measured["rtt-polling"].push(polling);
    measured["wake-up"].push(asleep - polling);
  }
  return report(measured, rounds);
}

function report(measured: Measured, rounds: number): Outcome {
  const spreads = Object.entries(measured).map(
    ([metric, values]) => [metric as keyof Measured, spread(values)] as const,
  );
  const rows = spreads.map(([metric, values]) =>
    makeRow({ scenario, subject: "millrace", metric, unit: units[metric] }, values, rounds),
  );
  const of = Object.fromEntries(spreads) as Record<keyof Measured, Spread>;
  const { rss, "idle-cpu": idle } = of;
  const targets = [
    {
      text: `agent below ${most.rssMb} MB with ${attachments} pods: ${rss.median.toFixed(0)} MB`,
      pass: rss.median < most.rssMb,
    },
    {
      text: `idle agent below ${most.idlePercent} % of a core: ${idle.median.toFixed(2)} %`,
      pass: idle.median < most.idlePercent,
    },
  ];
  const notes = [
    "wake-up is the difference of two ping round trips: worker asleep, and worker kept polling",
  ];
  return { rows, notes, targets };
}

async function startLoadedAgent(scope: Scope): Promise<AgentProcess> {
  const node = await createNamespace(scope, "many-node");
  const agent = await startAgent(scope, {
    namespace: node,
    name: "many",
    config: { ...sleepingAgent, networks: [{ name: "bench", nodePrefixes: ["10.63.0.0/24"] }] },
  });
  const pods: Namespace[] = [];
  for (let pod = 0; pod < attachments; pod++) {
    pods.push(await createNamespace(scope, `many-pod${pod}`));
  }
  for (const { name, path } of pods) {
    const call = { socket: agent.socket, network: "bench", containerId: name, netns: path };
    await mustCni("ADD", { ...call, signal: scope.signal });
  }
  return agent;
}

function rssMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return (bytesOf(status, "VmRSS") ?? Number.NaN) / 1e6;
}

export const attachMany: Group = {
  scenarios: [
    {
      name: scenario,
      subjects: ["millrace"],
      what: `${attachments} pods attached: the agent's memory, idle CPU time and wake-up latency`,
    },
  ],
  run,
};
