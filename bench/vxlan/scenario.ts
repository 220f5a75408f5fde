import { spread } from "../lib/stats.ts";
import { type Group, makeRow, type Outcome, type Row, type RunOptions } from "../row.ts";
import type { Forwarder, ForwarderName } from "../traffic/forwarder.ts";
import type { Load } from "../traffic/load.ts";
import { runRounds, type Scores } from "../traffic/rounds.ts";
import { isDisturbed, takeSample } from "../traffic/sample.ts";
import { startKernel } from "./kernel.ts";
import { startMillrace, startPlain } from "./millrace.ts";
import { startOpenVswitch } from "./openvswitch.ts";
import { describeRatios, judge } from "./targets.ts";
import type { Direction } from "./tunnel.ts";

/** How often a sample is repeated while other work disturbs it. */
const patience = 3;
const subjects: ForwarderName[] = ["millrace", "plain", "kernel", "openvswitch"];
const scenarios = [
  {
    name: "vxlan-encap-64B",
    subjects,
    what: "64-byte UDP from a pod into a VXLAN tunnel over IPv4, one flow",
    direction: "encap",
  },
  {
    name: "vxlan-decap-64B",
    subjects,
    what: "64-byte UDP out of a VXLAN tunnel over IPv4 to a pod, one flow",
    direction: "decap",
  },
] as const;

async function run(names: readonly string[], options: RunOptions): Promise<Outcome> {
  const scores: Scores = new Map();
  const notes = new Set<string>();
  for (const { name, direction } of scenarios.filter((one) => names.includes(one.name))) {
    const measured = await measure(name, direction, options, notes);
    for (const [scenario, bySubject] of measured) scores.set(scenario, bySubject);
  }
  const placed = [...scores].flatMap(([name, bySubject]) =>
    [...bySubject].map(([subject, { placement }]) => `${name}: ${subject} on ${placement}`),
  );
  return {
    rows: makeRows(scores),
    notes: [...notes, ...placed, ...describeRatios(scores)],
    targets: judge(scores),
  };
}

async function measure(
  name: string,
  direction: Direction,
  options: RunOptions,
  notes: Set<string>,
): Promise<Scores> {
  const { rounds, seconds, scope, progress } = options;
  const forwarders = await startAll(direction, options, notes);
  const load: Load = { source: "skb", flows: 1, seconds };
  let disturbed = 0;
  const scores = await runRounds(forwarders, new Map([[name, load]]), {
    rounds,
    signal: scope.signal,
    take: (lane, one) => takeSample(lane, one, patience),
    onSample: (round, key, subject, sample) => {
      if (isDisturbed(sample)) disturbed++;
      const rate = (sample.pps / 1e6).toFixed(3);
      progress(`round ${round + 1} of ${rounds}: ${key}: ${subject} ${rate} Mpps`);
    },
  });
  if (disturbed > 0) notes.add(`${name}: ${disturbed} samples were disturbed by other work`);
  return scores;
}

/** Sets up every subject; a peer that cannot be had becomes a note. */
async function startAll(
  direction: Direction,
  { scope, progress }: RunOptions,
  notes: Set<string>,
): Promise<Forwarder[]> {
  progress(`setting up ${subjects.join(", ")} for ${direction}`);
  const forwarders = [
    await startMillrace(scope, direction),
    await startPlain(scope, direction),
    await startKernel(scope, direction),
  ];
  const peer = await startOpenVswitch(scope, direction);
  if (typeof peer === "string") notes.add(`openvswitch left out: ${peer}`);
  else forwarders.push(peer);
  for (const { subject, description } of forwarders) notes.add(`${subject}: ${description}`);
  return forwarders;
}

function makeRows(scores: Scores): Row[] {
  return [...scores].flatMap(([scenario, bySubject]) =>
    [...bySubject].map(([subject, { rates }]) => {
      const key = { scenario, subject, metric: "pps", unit: "packets/s" };
      return makeRow(key, spread(rates), rates.length);
    }),
  );
}

export const vxlan: Group = { scenarios, run };
