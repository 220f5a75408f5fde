import { kernelVxlan } from "../duts/kernel-vxlan.ts";
import { millrace } from "../duts/millrace.ts";
import { startPlain, type TunnelTask } from "../duts/millrace-uplink.ts";
import { openVswitch } from "../duts/openvswitch.ts";
import { spread } from "../lib/stats.ts";
import { type Group, makeRow, type Outcome, type Row, type RunOptions } from "../row.ts";
import { asForwarder } from "../traffic/adapt.ts";
import type { Forwarder, ForwarderName } from "../traffic/forwarder.ts";
import { smallFrames } from "../traffic/load.ts";
import { runRounds, type Scores } from "../traffic/rounds.ts";
import { isDisturbed, takeSample } from "../traffic/sample.ts";
import { describeRatios, judge } from "./targets.ts";

/** How often a sample is repeated while other work disturbs it. */
const patience = 3;
const subjects: ForwarderName[] = ["millrace", "plain", "kernel", "openvswitch"];
const scenarios = [
  {
    name: "vxlan-encap-64B",
    subjects,
    what: "64-byte UDP from a pod into a VXLAN tunnel over IPv4, one flow",
    task: "vxlan-encap",
  },
  {
    name: "vxlan-decap-64B",
    subjects,
    what: "64-byte UDP out of a VXLAN tunnel over IPv4 to a pod, one flow",
    task: "vxlan-decap",
  },
] as const;

async function run(names: readonly string[], options: RunOptions): Promise<Outcome> {
  const scores: Scores = new Map();
  const notes = new Set<string>();
  for (const { name, task } of scenarios.filter((one) => names.includes(one.name))) {
    const measured = await measure(name, task, options, notes);
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
  task: TunnelTask,
  options: RunOptions,
  notes: Set<string>,
): Promise<Scores> {
  const { rounds, seconds, scope, progress } = options;
  const forwarders = await startAll(task, options, notes);
  const load = smallFrames("skb", 1, seconds);
  let disturbed = 0;
  const scores = await runRounds(forwarders, new Map([[name, load]]), {
    rounds,
    signal: scope.signal,
    take: (run, one) => takeSample(run, one, patience),
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
  task: TunnelTask,
  { scope, progress }: RunOptions,
  notes: Set<string>,
): Promise<Forwarder[]> {
  progress(`setting up ${subjects.join(", ")} for ${task}`);
  const forwarders = [
    await asForwarder(scope, "millrace", await millrace.start(scope, task)),
    await asForwarder(scope, "plain", await startPlain(scope, task)),
    await asForwarder(scope, "kernel", await kernelVxlan.start(scope, task)),
  ];
  const missing = await openVswitch.missing();
  if (missing !== null) notes.add(`openvswitch left out: ${missing}`);
  else {
    const dut = await openVswitch.start(scope, task);
    forwarders.push(await asForwarder(scope, "openvswitch", dut));
  }
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
