import { dpdkL3fwd } from "../duts/dpdk-l3fwd.ts";
import { dpdkTestpmd } from "../duts/dpdk-testpmd.ts";
import { kernelRoute } from "../duts/kernel-route.ts";
import type { DutKind } from "../duts/kind.ts";
import { millrace } from "../duts/millrace.ts";
import type { Source } from "../frames/types.ts";
import { spread } from "../lib/stats.ts";
import { type Group, makeRow, type Outcome, type Row, type RunOptions } from "../row.ts";
import { asForwarder } from "./adapt.ts";
import type { Forwarder, ForwarderName } from "./forwarder.ts";
import { smallFrames } from "./load.ts";
import { runRounds, type Scores } from "./rounds.ts";
import { isDisturbed, type Sample, takeSample } from "./sample.ts";
import { describeRatios, judge } from "./targets.ts";

/** How often a sample is repeated while other work disturbs it. */
const patience = 3;
const subjects: ForwarderName[] = ["millrace", "kernel", "dpdk"];
const sources: Record<Source, string> = {
  skb: "packets as a pod sends them",
  frame: "frames as a NIC delivers them",
};
const flowCounts = [
  { flows: 1, label: "1flow" },
  { flows: 65536, label: "64kflows" },
];

/** ipv4-64B-1flow-skb … ipv4-64B-64kflows-frame */
const scenarios = flowCounts.flatMap(({ flows, label }) =>
  (["skb", "frame"] as const).map((source) => ({
    name: `ipv4-64B-${label}-${source}`,
    subjects,
    what: `64-byte UDP from veth to veth, ${flows} flow${flows > 1 ? "s" : ""}, ${sources[source]}`,
    source,
    flows,
  })),
);

async function run(names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { rounds, seconds, scope, progress } = options;
  const notes: string[] = [];
  const loads = new Map(
    scenarios
      .filter(({ name }) => names.includes(name))
      .map(({ name, source, flows }) => [name, smallFrames(source, flows, seconds)]),
  );
  const scores = await runRounds(await startAll(options, notes), loads, {
    rounds,
    signal: scope.signal,
    take: (run, load) => takeSample(run, load, patience),
    onSample: (round, key, subject, sample) =>
      progress(`round ${round + 1} of ${rounds}: ${key}: ${subject} ${describeSample(sample)}`),
  });
  const placed = [...scores].flatMap(([name, bySubject]) =>
    [...bySubject].map(([subject, { placement }]) => `${name}: ${subject} on ${placement}`),
  );
  notes.push(...placed, ...describeRatios(scores), ...describeDisturbance(scores));
  return { rows: makeRows(scores), notes, targets: judge(scores) };
}

function makeRows(scores: Scores): Row[] {
  return [...scores].flatMap(([scenario, bySubject]) =>
    [...bySubject].map(([subject, { rates }]) => {
      const key = { scenario, subject, metric: "pps", unit: "packets/s" };
      return makeRow(key, spread(rates), rates.length);
    }),
  );
}

/** Sets up every subject; a peer that is not installed becomes a note. */
async function startAll({ scope, progress }: RunOptions, notes: string[]): Promise<Forwarder[]> {
  progress("setting up millrace, kernel and dpdk");
  const forwarders = [
    await asForwarder(scope, "millrace", await millrace.start(scope, "route")),
    await asForwarder(scope, "kernel", await kernelRoute.start(scope)),
  ];
  const dpdk = await findDpdk();
  if (typeof dpdk === "string") notes.push(`dpdk left out: ${dpdk}`);
  else forwarders.push(await asForwarder(scope, "dpdk", await dpdk.start(scope, "route")));
  notes.push(...forwarders.map(({ subject, description }) => `${subject}: ${description}`));
  return forwarders;
}

/** l3fwd when it can be built here, else testpmd, else why neither can be had. */
async function findDpdk(): Promise<DutKind | string> {
  if ((await dpdkL3fwd.missing()) === null) return dpdkL3fwd;
  return (await dpdkTestpmd.missing()) ?? dpdkTestpmd;
}

function describeSample({ pps, offered, disturbance }: Sample): string {
  const rates = `${mega(pps)} of ${mega(offered)} Mpps sent`;
  const foreign = Math.round(disturbance * 100);
  return foreign > 0 ? `${rates}, ${foreign} % of a CPU used by others` : rates;
}

function describeDisturbance(scores: Scores): string[] {
  const all = [...scores.values()].flatMap((bySubject) =>
    [...bySubject.values()].flatMap(({ samples }) => samples),
  );
  const disturbed = all.filter(isDisturbed).length;
  return disturbed === 0
    ? []
    : [`${disturbed} of ${all.length} samples were disturbed by other work on this machine`];
}

function mega(rate: number): string {
  return (rate / 1e6).toFixed(3);
}

export const forwarding: Group = { scenarios, run };
