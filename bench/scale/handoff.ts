import { setTimeout as delay } from "node:timers/promises";
import { type Spread, spread } from "../lib/stats.ts";
import { type Group, makeRow, type Outcome, type RunOptions } from "../row.ts";
import { dutCpu, generatorCpu, smallFrames } from "../traffic/load.ts";
import { isDisturbed, type Sample, takeSample } from "../traffic/sample.ts";
import { attachPair, ifname, type Node, type Pair, pairNetwork, startNode } from "./node.ts";
import { ratios, takeTurns } from "./turns.ts";

const scenario = "workers-handoff";
const patience = 2;
const settleMs = 100;
/** Worker 0 shares its CPU with the generator: with two CPUs one of them must. */
const cpus = [generatorCpu, dutCpu];
const busy = 1;
const other = 0;

interface Subject {
  name: string;
  /** Workers of the sending and of the receiving pod's queue. */
  sender: number;
  receiver: number;
  samples: Sample[];
}

async function run(_names: readonly string[], options: RunOptions): Promise<Outcome> {
  const { scope, rounds, seconds, progress } = options;
  progress("setting up an agent with two workers");
  const config = { dataplane: { cpus }, networks: [pairNetwork] };
  const node = await startNode(scope, { name: "handoff", config });
  const pair = await attachPair(scope, node, "handoff");
  const subjects: Subject[] = [
    { name: "same-worker", sender: busy, receiver: busy, samples: [] },
    { name: "receiver-moved", sender: busy, receiver: other, samples: [] },
    { name: "sender-moved", sender: other, receiver: busy, samples: [] },
    { name: "both-moved", sender: other, receiver: other, samples: [] },
  ];
  await takeTurns(subjects, rounds, scope.signal, async (subject, round) => {
    await place(node, pair, subject);
    const sample = await takeSample(pair.tester.run, smallFrames("skb", 1, seconds), patience);
    subject.samples.push(sample);
    const rate = (sample.pps / 1e6).toFixed(3);
    progress(`round ${round + 1} of ${rounds}: ${subject.name} ${rate} Mpps`);
  });
  return report(subjects);
}

async function place(node: Node, { sender, receiver }: Pair, subject: Subject): Promise<void> {
  const { client } = node.agent;
  for (const [pod, worker] of [
    [sender, subject.sender],
    [receiver, subject.receiver],
  ] as const) {
    const port = `${pod.containerId}:${ifname}`;
    const moved = await client.movePort({ port, queue: 0, worker });
    const now = moved.queues.find(({ queue }) => queue === 0)?.worker;
    if (now !== worker) throw new Error(`${port}: on worker ${now} instead of ${worker}`);
  }
  await delay(settleMs);
}

function report(subjects: readonly Subject[]): Outcome {
  const ratesOf = ({ samples }: Subject) => samples.map(({ pps }) => pps);
  const [same, ...across] = subjects as [Subject, ...Subject[]];
  const rows = subjects.map((subject) =>
    makeRow(
      { scenario, subject: subject.name, metric: "pps", unit: "packets/s" },
      spread(ratesOf(subject)),
      subject.samples.length,
    ),
  );
  const disturbed = subjects.flatMap(({ samples }) => samples).filter(isDisturbed).length;
  const notes = [
    ...across.map(
      (subject) =>
        `${subject.name}/${same.name} ${formatRatio(spread(ratios(ratesOf(subject), ratesOf(same))))}`,
    ),
    `for information: worker ${busy} has CPU ${cpus[busy]} for itself, worker ${other} shares CPU ${cpus[other]} with the generator; "both-moved" shows what that alone costs`,
    ...(disturbed > 0 ? [`${disturbed} samples were disturbed by other work on this machine`] : []),
  ];
  return { rows, notes, targets: [] };
}

function formatRatio({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
}

export const workersHandoff: Group = {
  scenarios: [
    {
      name: scenario,
      subjects: ["same-worker", "receiver-moved", "sender-moved", "both-moved"],
      what: "two workers: packets of a pair on one of them, and handed from one to the other",
    },
  ],
  run,
};
