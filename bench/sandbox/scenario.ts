import { whatContainerdLacks } from "../../test/harness/cri/containerd.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { type CallTimes, callRows } from "../cni/call-rows.ts";
import { watchOthers } from "../lib/cpu-time.ts";
import type { Group, Outcome, Row, RunOptions, Target } from "../row.ts";
import {
  type Runtime,
  type SubjectName,
  startMillraceRuntime,
  startReferenceRuntime,
} from "./runtime.ts";

const scenario = "sandbox";
const subjects: SubjectName[] = ["millrace", "bridge", "bridge-portmap"];
const totalCalls = 100;
/** Sandboxes at any time; the oldest goes before the next one comes. */
const sandboxes = 10;

/** Milliseconds of every call of one runtime, by round. */
interface Times {
  runtime: Runtime;
  alive: string[];
  rounds: CallTimes<"RUN" | "STOP">[];
}

async function run(_names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { scope, rounds, progress } = options;
  const lacks = await whatContainerdLacks();
  if (lacks !== "") return { rows: [], targets: [], notes: [`left out: ${lacks}`] };
  progress(`starting containerd ${subjects.length} times`);
  const notes: string[] = [];
  const all = await startAll(scope, notes);
  const usedByOthers = watchOthers();
  const perRound = Math.ceil(totalCalls / rounds);
  for (let round = 0; round < rounds; round++) {
    for (const { rounds } of all) rounds.push({ RUN: [], STOP: [] });
    for (let call = 0; call < perRound; call++) {
      await replaceOldest(all, round * perRound + call, scope.signal);
    }
    progress(`round ${round + 1} of ${rounds}: ${perRound} sandboxes by each runtime`);
  }
  const others = Math.round(usedByOthers() * 100);
  for (const times of all) while (times.alive.length > 0) await endOldest(times);
  notes.push(
    `${perRound * rounds} sandboxes each, interleaved, ${sandboxes} at any time`,
    `others used ${others} % of a CPU meanwhile`,
  );
  const rows = all.flatMap(({ runtime, rounds }) => callRows(scenario, runtime.subject, rounds));
  return { rows, notes, targets: judge(rows) };
}

async function startAll(scope: Scope, notes: string[]): Promise<Times[]> {
  const runtimes = [await startMillraceRuntime(scope)];
  for (const name of ["bridge", "bridge-portmap"] as const) {
    const runtime = await startReferenceRuntime(scope, name);
    if (runtime !== null) runtimes.push(runtime);
    else notes.push(`${name} left out: apt-get install containernetworking-plugins`);
  }
  return runtimes.map((runtime) => ({ runtime, alive: [], rounds: [] }));
}

/** One sandbox by each runtime, in rotated order, after that runtime's oldest one has gone. */
async function replaceOldest(
  all: readonly Times[],
  call: number,
  signal: AbortSignal,
): Promise<void> {
  for (let turn = 0; turn < all.length; turn++) {
    signal.throwIfAborted();
    const times = all[(turn + call) % all.length] as Times;
    if (times.alive.length === sandboxes) await endOldest(times);
    const started = performance.now();
    times.alive.push(await times.runtime.run(`pod${call}`));
    times.rounds.at(-1)?.RUN.push(performance.now() - started);
  }
}

async function endOldest({ runtime, alive, rounds }: Times): Promise<void> {
  const id = alive.shift() as string;
  const started = performance.now();
  await runtime.stop(id);
  rounds.at(-1)?.STOP.push(performance.now() - started);
  await runtime.remove(id);
}

function judge(rows: readonly Row[]): Target[] {
  const medianOf = (subject: SubjectName, metric: string) =>
    rows.find((row) => row.subject === subject && row.metric === metric)?.median;
  return ["run-p50", "run-p95"].flatMap((metric) => {
    const [ours, theirs] = [medianOf("millrace", metric), medianOf("bridge", metric)];
    if (ours === undefined || theirs === undefined) return [];
    const [a, b] = [ours, theirs].map((ms) => `${ms.toFixed(1)} ms`);
    return [{ text: `${metric} at most that of bridge: ${a} against ${b}`, pass: ours <= theirs }];
  });
}

export const sandboxTimes: Group = {
  scenarios: [
    {
      name: scenario,
      subjects,
      what: `${totalCalls} pod sandboxes run and stopped by containerd over CRI: p50 and p95`,
    },
  ],
  run,
};
