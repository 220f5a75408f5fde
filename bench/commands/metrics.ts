import type { Bursts } from "../methods/back-to-back.ts";
import { flagsOf } from "../methods/doubt.ts";
import { lossOf } from "../methods/evidence.ts";
import type { LatencyPoint } from "../methods/latency.ts";
import { type LossPoint, losslessRate } from "../methods/loss.ts";
import { rateText } from "../methods/step.ts";
import type { FoundRate, Throughput } from "../methods/throughput.ts";
import type { ResultFlag, Scenario } from "../report/result.ts";
import type { LatencyNs, Trial } from "../trial/types.ts";
import type { Metric, Recorder } from "./recorder.ts";

const rate = (name: string): Metric => [name, "frames/s", "higher"];
const time = (name: string): Metric => [name, "ns", "lower"];

export const quantiles: readonly (readonly [name: string, of: (latency: LatencyNs) => number])[] = [
  ["latency-min", ({ min }) => min],
  ["latency-p50", ({ p50 }) => p50],
  ["latency-p90", ({ p90 }) => p90],
  ["latency-p99", ({ p99 }) => p99],
  ["latency-p99.9", ({ p999 }) => p999],
  ["latency-max", ({ max }) => max],
  ["jitter", ({ jitter }) => jitter],
];

/** A rate as fast as the generator can, with what it costs. */
export function recordOverload(recorder: Recorder, trial: Trial): void {
  recorder.add(rate("throughput"), trial.receivedPps, trial.flags, trial);
  recorder.add(["bits", "bit/s", "higher"], trial.receivedBps, trial.flags);
  recorder.add(["loss", "percent", "lower"], lossOf(trial) * 100, trial.flags);
  recorder.add(time("cpu-per-frame"), trial.cpuNsPerFrame, trial.flags);
}

export function recordThroughput(recorder: Recorder, { ndr, pdr, overload }: Throughput): void {
  for (const found of [ndr, pdr]) {
    recorder.add(rate(found.goal.name), found.lower, flagsFor(found), found.confirmed);
    const note = endText(found);
    if (note !== null) recorder.note(note);
  }
  recorder.add(rate("overload"), overload.receivedPps, overload.flags);
  const { confirmed } = ndr;
  if (confirmed === null) return;
  recorder.add(["bits", "bit/s", "higher"], confirmed.receivedBps, confirmed.flags);
  recorder.add(time("cpu-per-frame"), confirmed.cpuNsPerFrame, confirmed.flags);
}

/** That the generator ended a search is no property of the device. */
function flagsFor({ end, lower, flags }: FoundRate): ResultFlag[] {
  const others = flags.filter(({ name }) => name !== "generator-limited");
  if (end !== "generator") return others;
  const text = `the generator can send no more than ${rateText(lower)}`;
  return [...others, { name: "generator-limited", text }];
}

function endText({ goal, end, lower, upper }: FoundRate): string | null {
  const name = goal.name.toUpperCase();
  if (end === "floor") {
    return `${name}: frames were lost at every rate, last at ${rateText(upper ?? 0)}`;
  }
  if (end !== "budget" && end !== "disturbed") return null;
  const above = upper === null ? "what the generator can send" : rateText(upper);
  const why = end === "disturbed" ? "other work held the generator up" : "trials contradict";
  return `${name}: between ${rateText(lower)} and ${above}, no closer: ${why}`;
}

/** The quantiles of one point; the point at 100 % belongs to the scenario of the throughput. */
export function recordLatency(recorder: Recorder, { trials }: LatencyPoint): void {
  for (const trial of trials) {
    for (const [name, of] of quantiles) {
      if (trial.latency !== null) recorder.add(time(name), of(trial.latency), trial.flags);
    }
    recorder.add(["latency-loss", "percent", "lower"], lossOf(trial) * 100, trial.flags);
  }
}

/** A scenario of its own for the delays at a share of the throughput. */
export function atShare(scenario: Scenario, share: number): Scenario {
  return share === 1 ? scenario : { ...scenario, name: `${scenario.name}-${percent(share)}%` };
}

/** Quantiles over the load. */
export function plotLatency(recorder: Recorder, points: readonly LatencyPoint[]): void {
  for (const [name, of] of quantiles.slice(1, 5)) {
    const values = points.flatMap(({ share, trials }) =>
      trials.flatMap(({ latency }): [number, number][] =>
        latency === null ? [] : [[share * 100, of(latency)]],
      ),
    );
    recorder.setSeries({
      title: `${name} over the load`,
      x: { label: "load, of the throughput", unit: "percent" },
      y: { label: name, unit: "ns", log: true },
      points: sorted(values),
    });
  }
}

export function recordLoss(recorder: Recorder, points: readonly LossPoint[]): void {
  const worst = points[0];
  if (worst === undefined) return;
  const { flags } = worst.trial;
  recorder.add(["loss-at-100%", "percent", "lower"], lossOf(worst.trial) * 100, flags, worst.trial);
  recorder.add(rate("lossless"), losslessRate(points), flagsOf(points.map(({ trial }) => trial)));
  recorder.setSeries({
    title: "frame loss over the offered load",
    x: { label: "offered", unit: "frames/s" },
    y: { label: "lost", unit: "percent" },
    points: sorted(points.map(({ trial }) => [trial.offeredPps, lossOf(trial) * 100])),
  });
}

export function recordBursts(recorder: Recorder, bursts: Bursts): void {
  const { frames: found, bufferSeconds, correctedBufferSeconds } = bursts;
  const flags = flagsOf(bursts.trials);
  const mean = found.reduce((sum, one) => sum + one, 0) / found.length;
  recorder.add(["back-to-back", "frames", "higher"], mean, flags);
  recorder.add(["buffer", "ns", "higher"], bufferSeconds * 1e9, flags);
  if (correctedBufferSeconds !== null) {
    recorder.add(["buffer-corrected", "ns", "higher"], correctedBufferSeconds * 1e9, flags);
  }
  const range = `${Math.min(...found)} to ${Math.max(...found)} frames`;
  recorder.note(`longest bursts of ${found.length} searches: ${range} at ${rateText(bursts.rate)}`);
  if (bursts.unlimited)
    recorder.note("no burst was too long: the device keeps up with the generator");
}

export function sorted(points: readonly (readonly [number, number])[]): [number, number][] {
  return points.map(([x, y]): [number, number] => [x, y]).toSorted(([a], [b]) => a - b);
}

function percent(share: number): number {
  return Math.round(share * 1000) / 10;
}
