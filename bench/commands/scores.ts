import { median } from "../lib/stats.ts";
import type { Score } from "../methods/compare.ts";
import { lossOf } from "../methods/evidence.ts";
import type { Flag } from "../trial/types.ts";
import type { Draft, Value } from "./draft.ts";
import { modesText } from "./recorder.ts";

/** What the rounds so far say takes the place of what those before said: the best may change. */
export function recordScores(draft: Draft, scores: readonly Score[]): void {
  draft.replaceAll(scores.flatMap((score) => valuesOf(score, ceilingFlags(score, scores))));
}

/** What generator and sink reach without a device. */
const ceiling = "none";
/** A device so near to it may be capable of more. */
const nearCeiling = 0.95;

function ceilingFlags(score: Score, scores: readonly Score[]): Flag[] {
  const alone = scores.find(
    ({ subject, scenario }) => subject === ceiling && scenario === score.scenario,
  );
  if (alone === undefined || score.subject === ceiling) return [];
  const [rate, most] = [rateOf(score), rateOf(alone)];
  if (rate < most * nearCeiling) return [];
  const text = `generator and sink reach ${Math.round(most)} frames/s without a device`;
  return [{ name: "generator-limited", text }];
}

function rateOf({ trials }: Score): number {
  return median(trials.map(({ receivedPps }) => receivedPps));
}

function valuesOf({ scenario, subject, placement, trials }: Score, more: readonly Flag[]): Value[] {
  return trials.flatMap((trial) => {
    const flags = [...trial.flags, ...more];
    const key = { scenario, subject, placement, flags, modes: modesText(trial) };
    const rate = { ...key, unit: "frames/s", better: "higher" as const };
    const cost = { ...key, better: "lower" as const };
    return [
      { ...rate, metric: "throughput", value: trial.receivedPps },
      { ...rate, metric: "bits", unit: "bit/s", value: trial.receivedBps },
      { ...cost, metric: "cpu-per-frame", unit: "ns", value: trial.cpuNsPerFrame },
      { ...rate, metric: "offered", value: trial.offeredPps },
      { ...cost, metric: "loss", unit: "percent", value: lossOf(trial) * 100 },
    ];
  });
}
