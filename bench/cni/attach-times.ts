import { createNamespace, type Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { watchOthers } from "../lib/cpu-time.ts";
import type { Group, Outcome, Row, RunOptions, Target } from "../row.ts";
import { type CallTimes, callRows } from "./call-rows.ts";
import {
  type Plugin,
  type PluginName,
  startMillracePlugin,
  startReferencePlugin,
} from "./plugin.ts";

const scenario = "cni-add";
const subjects: PluginName[] = ["millrace", "ptp", "bridge"];
const totalCalls = 200;
/** Pods attached at any time; the oldest goes before the next one comes. */
const pods = 20;
const targetMs = 50;

type Verb = keyof CallTimes;

/** Milliseconds of every call of one plugin, by round. */
interface Times {
  plugin: Plugin;
  pods: Namespace[];
  attached: (string | null)[];
  rounds: CallTimes[];
}

async function run(_names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { scope, rounds, progress } = options;
  const notes: string[] = [];
  progress("setting up millrace, ptp and bridge");
  const all = await Promise.all(
    (await startAll(scope, notes)).map((one) => preparePods(scope, one)),
  );
  const usedByOthers = watchOthers();
  const perRound = Math.ceil(totalCalls / rounds);
  for (let round = 0; round < rounds; round++) {
    for (const times of all) times.rounds.push({ ADD: [], DEL: [] });
    for (let call = 0; call < perRound; call++) await attachOnce(all, round, call, scope.signal);
    progress(`round ${round + 1} of ${rounds}: ${perRound} attachments by each plugin`);
  }
  for (const times of all) await detachAll(times);
  const rows = all.flatMap(({ plugin, rounds }) => callRows(scenario, plugin.subject, rounds));
  const others = Math.round(usedByOthers() * 100);
  notes.push(
    `${perRound * rounds} calls each, interleaved, ${pods} pods attached at any time`,
    `others used ${others} % of a CPU meanwhile`,
  );
  return { rows, notes, targets: judge(rows) };
}

async function startAll(scope: Scope, notes: string[]): Promise<Plugin[]> {
  const plugins = [await startMillracePlugin(scope)];
  for (const name of ["ptp", "bridge"] as const) {
    const plugin = await startReferencePlugin(scope, name);
    if (plugin !== null) plugins.push(plugin);
    else notes.push(`${name} left out: apt-get install containernetworking-plugins`);
  }
  return plugins;
}

async function preparePods(scope: Scope, plugin: Plugin): Promise<Times> {
  const made: Namespace[] = [];
  for (let pod = 0; pod < pods; pod++) {
    made.push(await createNamespace(scope, `${plugin.subject}-pod${pod}`));
  }
  return { plugin, pods: made, attached: made.map(() => null), rounds: [] };
}

/** Attaches one pod by each plugin, in rotated order, after detaching who held its place. */
async function attachOnce(
  all: readonly Times[],
  round: number,
  call: number,
  signal: AbortSignal,
): Promise<void> {
  for (let turn = 0; turn < all.length; turn++) {
    signal.throwIfAborted();
    const times = all[(turn + call) % all.length] as Times;
    await detach(times, call % pods);
    const id = `bench-${round}-${call}`;
    times.attached[call % pods] = id;
    await timed(times, "ADD", call % pods, id);
  }
}

async function detach(times: Times, pod: number): Promise<void> {
  const id = times.attached[pod];
  if (typeof id !== "string") return;
  await timed(times, "DEL", pod, id);
  times.attached[pod] = null;
}

async function detachAll(times: Times): Promise<void> {
  for (let pod = 0; pod < pods; pod++) await detach(times, pod);
}

async function timed(times: Times, verb: Verb, pod: number, id: string): Promise<void> {
  const { path } = times.pods[pod] as Namespace;
  const ms = await times.plugin.call(verb, id, path);
  times.rounds.at(-1)?.[verb].push(ms);
}

function judge(rows: readonly Row[]): Target[] {
  const p95 = new Map(
    rows
      .filter(({ metric }) => metric === "add-p95")
      .map(({ subject, median }) => [subject, median]),
  );
  const ours = p95.get("millrace");
  if (ours === undefined) return [];
  const peers = (["ptp", "bridge"] as const).flatMap((peer) => {
    const theirs = p95.get(peer);
    return theirs === undefined ? [] : [{ text: `at most that of ${peer}`, limit: theirs }];
  });
  return [{ text: "below 50 ms", limit: targetMs }, ...peers].map(({ text, limit }) => ({
    text: `ADD p95 ${text}: ${ours.toFixed(1)} ms against ${limit.toFixed(1)} ms`,
    pass: ours <= limit,
  }));
}

export const attachTimes: Group = {
  scenarios: [
    {
      name: scenario,
      subjects,
      what: `${totalCalls} pods attached and detached through the CNI executable: p50 and p95`,
    },
  ],
  run,
};
