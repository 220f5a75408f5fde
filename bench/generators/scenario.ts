import { setTimeout as delay } from "node:timers/promises";
import type { Scope } from "../../test/harness/scope.ts";
import { none } from "../duts/none.ts";
import { Child } from "../lib/child.ts";
import { spread } from "../lib/stats.ts";
import { type Group, makeRow, type Outcome, type RunOptions, type Target } from "../row.ts";
import { Sink } from "../trial/sink.ts";
import { Tester } from "../trial/tester.ts";
import type { Lane } from "../trial/types.ts";
import { type Contender, findTrafgen, findXdpTrafficgen } from "./contenders.ts";

const scenarios = [
  {
    name: "generator-skb-64B",
    subjects: ["millrace", "trafgen"],
    what: "64-byte frames that one CPU sends into a veth, packets as a pod sends them",
    source: "skb",
  },
  {
    name: "generator-frame-64B",
    subjects: ["millrace", "xdp-trafficgen"],
    what: "64-byte frames that one CPU sends into a veth, frames as a NIC delivers them",
    source: "frame",
  },
] as const;

type Named = (typeof scenarios)[number];

/** Before and after the window, where a generator starts or ends. */
const marginMs = 500;

async function run(names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { scope, rounds, progress } = options;
  const { lane } = await none.start(scope, "bridge");
  const outcome: Outcome = { rows: [], targets: [], notes: [] };
  for (const scenario of scenarios.filter(({ name }) => names.includes(name))) {
    const contender = await find(scenario, lane, scope, outcome.notes);
    const rates = { ours: [] as number[], theirs: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      scope.signal.throwIfAborted();
      rates.ours.push(await ourRate(scope, lane, scenario, options.seconds));
      if (contender) rates.theirs.push(await theirRate(lane, contender, options.seconds));
      progress(`round ${round + 1} of ${rounds}: ${scenario.name}`);
    }
    addRows(outcome, scenario, contender, rates);
  }
  return outcome;
}

async function find(
  { source }: Named,
  lane: Lane,
  scope: Scope,
  notes: string[],
): Promise<Contender | null> {
  if (source === "skb") {
    const trafgen = await findTrafgen(lane, scope.dir);
    notes.push(
      trafgen?.description ?? "trafgen left out: not installed (apt-get install netsniff-ng)",
    );
    return trafgen;
  }
  const found = await findXdpTrafficgen(lane);
  notes.push(typeof found === "string" ? `xdp-trafficgen left out: ${found}` : found.description);
  return typeof found === "string" ? null : found;
}

/** Sinks come and go with each sample: two programs cannot be attached at once. */
async function ourRate(
  scope: Scope,
  lane: Lane,
  { source }: Named,
  seconds: number,
): Promise<number> {
  await using part = new AsyncDisposableStack();
  const tester = await Tester.open({ ...scope, cleanup: part }, lane);
  const sizes = [{ bytes: 64, weight: 1 }];
  const { receivedPps } = await tester.run({ source, sizes, flows: 1, rate: null, seconds });
  return receivedPps;
}

async function theirRate(
  { tx, rx }: Lane,
  { command }: Contender,
  seconds: number,
): Promise<number> {
  await using sink = await Sink.start(rx);
  await sink.expectAnything();
  const [file = "", ...args] = command;
  await using _ = await Child.startInside(tx.netns ?? "", file, args);
  await delay(marginMs);
  const first = await sink.read();
  await delay(seconds * 1000);
  const last = await sink.read();
  return (last.packets - first.packets) / (last.seconds - first.seconds);
}

function addRows(
  outcome: Outcome,
  { name, source }: Named,
  contender: Contender | null,
  { ours, theirs }: { ours: number[]; theirs: number[] },
): void {
  const key = { scenario: name, metric: "pps", unit: "frames/s" };
  outcome.rows.push(makeRow({ ...key, subject: "millrace" }, spread(ours), ours.length));
  if (contender === null) return;
  outcome.rows.push(makeRow({ ...key, subject: contender.name }, spread(theirs), theirs.length));
  const ratio = spread(ours.map((rate, round) => rate / (theirs[round] as number)));
  outcome.targets.push(target(source, contender, ratio));
}

function target(
  source: string,
  { name }: Contender,
  { median, min, max }: ReturnType<typeof spread>,
): Target {
  const measured = `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
  const text = `${source} source: at least 1.00 x ${name}: measured ${measured}`;
  return { text, pass: median >= 1 };
}

/** Our generator next to others, on the same veth. */
export const generators: Group = { scenarios, run };
