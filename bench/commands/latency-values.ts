import type { Score } from "../methods/compare.ts";
import { lossOf } from "../methods/evidence.ts";
import type { Rated } from "./compare-latency.ts";
import type { Value } from "./draft.ts";
import { quantiles } from "./metrics.ts";
import { modesText } from "./recorder.ts";

/** The main ones first. */
const told = ["latency-p50", "latency-p99", "latency-p99.9", "latency-min"];

/** Of the throughput that was found, under the scenario without a share. */
export function foundRate({ one, placement, found }: Rated): Value {
  const { scenario, subject } = one;
  const unit = { unit: "frames/s", better: "higher" as const };
  return { scenario, subject, placement, metric: "pdr", ...unit, value: found };
}

/** What the trials of a device at one rate say; a trial whose frames carried no time says nothing. */
export function delaysOf({ scenario, subject, placement, trials }: Score): Value[] {
  return trials.flatMap((trial) => {
    const { latency, flags } = trial;
    if (latency === null) return [];
    const key = { scenario, subject, placement, flags, modes: modesText(trial) };
    const cost = { ...key, better: "lower" as const };
    const delays = told.map((metric) => {
      const of = quantiles.find(([name]) => name === metric)?.[1];
      return { ...cost, metric, unit: "ns", value: of?.(latency) ?? 0 };
    });
    const offered = { metric: "offered", unit: "frames/s", better: "higher" as const };
    return [
      ...delays,
      { ...cost, metric: "loss", unit: "percent", value: lossOf(trial) * 100 },
      { ...cost, metric: "cpu-per-frame", unit: "ns", value: trial.cpuNsPerFrame },
      { ...key, ...offered, value: trial.offeredPps },
    ];
  });
}
