import type { Value } from "../commands/draft.ts";
import { modesText } from "../commands/recorder.ts";
import { isDisturbed } from "../lib/least-disturbed.ts";
import type { Score } from "../methods/compare.ts";
import { lossOf } from "../methods/evidence.ts";
import type { Transfer } from "../tcp/transfer.ts";
import type { LatencyNs, Trial } from "../trial/types.ts";
import { tcpScenario } from "./scenarios.ts";

const quantiles: readonly (readonly [name: string, of: (latency: LatencyNs) => number])[] = [
  ["latency-p50", ({ p50 }) => p50],
  ["latency-p99", ({ p99 }) => p99],
];

/** What the trials of a subject say: the rate at overload, delays at a rate. */
export function valuesOf({ scenario, subject, placement, trials }: Score): Value[] {
  return trials.flatMap((trial) => {
    const { flags } = trial;
    const key = { scenario, subject, placement, flags, modes: modesText(trial) };
    const cost = { ...key, better: "lower" as const };
    return [
      ...(trial.load.rate === null ? [rateOf(trial, key)] : delaysOf(trial, cost)),
      { ...cost, metric: "cpu-per-frame", unit: "ns", value: trial.cpuNsPerFrame },
      { ...cost, metric: "loss", unit: "percent", value: lossOf(trial) * 100 },
    ];
  });
}

type Key = Omit<Value, "metric" | "unit" | "value">;

function rateOf({ receivedPps: value }: Trial, key: Omit<Key, "better">): Value {
  return { ...key, metric: "throughput", unit: "frames/s", better: "higher", value };
}

function delaysOf({ latency }: Trial, key: Key): Value[] {
  if (latency === null) throw new Error(`${key.subject}: no frame carried a time`);
  return quantiles.map(([metric, of]) => ({ ...key, metric, unit: "ns", value: of(latency) }));
}

/** What one transfer says. */
export function transferValues(subject: string, transfer: Transfer): Value[] {
  const text = `others used ${Math.round(transfer.disturbance * 100)} % of a CPU`;
  const flags = isDisturbed(transfer) ? [{ name: "disturbed" as const, text }] : [];
  const key = { scenario: tcpScenario.name, subject, flags };
  const { bitsPerSecond, cpuPerGigabyte } = transfer;
  return [
    { ...key, metric: "throughput", unit: "bit/s", better: "higher", value: bitsPerSecond },
    {
      ...key,
      metric: "cpu-per-gigabyte",
      unit: "CPU s/GB",
      better: "lower",
      value: cpuPerGigabyte,
    },
  ];
}
