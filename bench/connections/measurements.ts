import { isDisturbed } from "../lib/least-disturbed.ts";
import { median } from "../lib/stats.ts";
import type { Measurement } from "../report/result.ts";
import { failures } from "./load.ts";
import type { Placement, Sample } from "./sample.ts";
import type { ConnectionScenario } from "./scenarios.ts";

type Flags = Measurement["flags"];

/** What a subject has reached in a scenario at its best placement, one sample per round. */
export interface Score {
  scenario: ConnectionScenario;
  subject: string;
  placement: Placement;
  samples: readonly Sample[];
}

interface Metric {
  name: string;
  unit: string;
  better: "higher" | "lower";
  of: (sample: Sample) => number | undefined;
}

const rate: Metric = {
  name: "connection-rate",
  unit: "connections/s",
  better: "higher",
  of: (sample) => sample.rate,
};
const others: readonly Metric[] = [
  lower(
    "cpu-per-connection",
    "ns",
    ({ busy, connections }) => (busy / connections.completed) * 1e9,
  ),
  lower("connect-p50", "ns", ({ connections }) => connections.connect?.p50),
  lower("connect-p99", "ns", ({ connections }) => connections.connect?.p99),
  lower("transaction-p50", "ns", ({ connections }) => connections.transaction?.p50),
  lower("transaction-p99", "ns", ({ connections }) => connections.transaction?.p99),
  lower("failures", "connections", ({ connections }) => failures(connections)),
  lower("retransmits", "segments", ({ connections }) => connections.retransmits),
];

/** Share of the rate without a device from which on the pods may be what limits. */
const nearly = 0.95;
/** Share of the rate asked for that must have been opened. */
const kept = 0.99;

/** All metrics of all scores. */
export function toMeasurements(scores: readonly Score[]): Measurement[] {
  return scores.flatMap((score) => {
    const { scenario, subject, placement, samples } = score;
    const flags = flagsOf(score, scores);
    return [rate, ...others].flatMap(({ name, unit, better, of }) => {
      const values = samples.flatMap((sample) => of(sample) ?? []);
      if (values.length < samples.length) return [];
      return [
        { scenario: scenario.name, subject, metric: name, unit, better, values, placement, flags },
      ];
    });
  });
}

function lower(name: string, unit: string, of: Metric["of"]): Metric {
  return { name, unit, better: "lower", of };
}

function flagsOf(score: Score, all: readonly Score[]): Flags {
  const disturbed = score.samples.filter(isDisturbed).length;
  const text = `${disturbed} of ${score.samples.length} windows had other work on this machine`;
  return [
    ...(disturbed > 0 ? [{ name: "disturbed" as const, text }] : []),
    ...(score.scenario.load.rate === null ? limitedByPods(score, all) : rateNotKept(score)),
  ];
}

/** A device as fast as none at all was not what limited. */
function limitedByPods({ scenario, subject, samples }: Score, all: readonly Score[]): Flags {
  const direct = all.find((one) => one.scenario === scenario && one.subject === "direct");
  if (direct === undefined || subject === "direct") return [];
  const share = medianRate(samples) / medianRate(direct.samples);
  if (share < nearly) return [];
  const text = `${(share * 100).toFixed(0)} % of the rate without a device: the pods limit`;
  return [{ name: "generator-limited", text }];
}

function rateNotKept({ scenario, samples }: Score): Flags {
  const wanted = scenario.load.rate ?? 0;
  const opened = samples.map(({ connections }) => connections.opened / connections.seconds);
  const least = Math.min(...opened);
  if (least >= wanted * kept) return [];
  const text = `${least.toFixed(0)} connections/s opened of ${wanted}`;
  return [{ name: "generator-limited", text }];
}

function medianRate(samples: readonly Sample[]): number {
  return median(samples.map((sample) => sample.rate));
}
