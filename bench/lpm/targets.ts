import { median, spread } from "../lib/stats.ts";
import type { Target } from "../row.ts";
import type { Sample, Subject } from "./subject.ts";

export interface Result {
  subject: Subject;
  /** One per round. */
  samples: Sample[];
}

const mostBytes = 64 * 2 ** 20;
const leastUpdates = 100_000;
const mostLoadSeconds = 3;

/** Compares what was measured with what is promised; without a peer, no ratio is judged. */
export function judge(scenario: string, results: readonly Result[]): Target[] {
  const [ours, ...peers] = results;
  if (ours === undefined) return [];
  const { bytes, load_s } = ours.subject.loaded;
  const updates = median(ours.samples.map((sample) => sample.updates));
  const targets = [
    {
      text: `${scenario}: at most 64 MiB: measured ${(bytes / 2 ** 20).toFixed(1)} MiB`,
      pass: bytes <= mostBytes,
    },
    {
      text: `${scenario}: at least 100 k updates/s: measured ${Math.round(updates / 1000)} k`,
      pass: updates >= leastUpdates,
    },
    {
      text: `${scenario}: loaded within ${mostLoadSeconds} s: measured ${load_s.toFixed(2)} s`,
      pass: load_s <= mostLoadSeconds,
    },
  ];
  if (peers.length === 0) return targets;
  const best = peers.reduce((a, b) => (medianTime(a) <= medianTime(b) ? a : b));
  const ratio = speedRatio(ours, best);
  const text = `${scenario}: at least 1.00 x ${best.subject.name}, the faster peer: measured ${formatRatio(ratio)}`;
  return [{ text, pass: median(ratio) >= 1 }, ...targets];
}

/** Our lookup rate over that of each peer. */
export function describeRatios(scenario: string, results: readonly Result[]): string[] {
  const [ours, ...peers] = results;
  if (ours === undefined) return [];
  return peers.map((peer) => {
    const { name, loaded } = peer.subject;
    const ratio = formatRatio(speedRatio(ours, peer));
    return `${scenario}: millrace/${name} (${loaded.lookup}) ${ratio}`;
  });
}

/** By round, whose samples are seconds apart. */
function speedRatio(ours: Result, peer: Result): number[] {
  return ours.samples.map(({ ns }, round) => (peer.samples[round]?.ns ?? Number.NaN) / ns);
}

function medianTime({ samples }: Result): number {
  return median(samples.map(({ ns }) => ns));
}

function formatRatio(ratios: readonly number[]): string {
  const { median, min, max } = spread(ratios);
  return `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
}
