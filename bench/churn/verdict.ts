import { type SlopeEstimate, theilSen } from "../methods/theil-sen.ts";
import { type VitalName, type Vitals, vitals } from "./vitals.ts";

/** What was read at the end of a window, with nothing under way. */
export interface Reading {
  /** Since the soak began. */
  seconds: number;
  /** Pods that had come and gone by then. */
  gone: number;
  vitals: Vitals;
}

/**
 * grows: surely by more than the limit; unclear: a longer soak would tell; unknown: the machine does
 * not tell; shown: for people, as it is everybody's.
 */
export type Verdict = "flat" | "grows" | "unclear" | "unknown" | "shown";

export interface Judgement {
  name: VitalName;
  verdict: Verdict;
  /** Bytes or pieces for each pod that has come and gone. */
  perPod: SlopeEstimate;
  /** What it is judged by; null when it is not. */
  limit: number | null;
}

/**
 * Judges each vital by its slope over the pods that have gone, without the first seconds, in which
 * caches and heaps fill.
 */
export function judge(readings: readonly Reading[], settleSeconds: number): Judgement[] {
  const settled = readings.filter(({ seconds }) => seconds > settleSeconds);
  const gone = (settled.at(-1)?.gone ?? 0) - (settled[0]?.gone ?? 0);
  return vitals.map(({ name, slack, ...vital }) => {
    const limit = vital.limit === null ? null : Math.max(vital.limit, slack / Math.max(1, gone));
    const points = settled.flatMap((one) => {
      const value = one.vitals[name];
      return value === null ? [] : [[one.gone, value] as const];
    });
    const perPod = theilSen(points);
    return { name, limit, perPod, verdict: verdictOf(points.length, perPod, limit) };
  });
}

function verdictOf(points: number, { low, high }: SlopeEstimate, limit: number | null): Verdict {
  if (points === 0) return "unknown";
  if (limit === null) return "shown";
  if (low > limit) return "grows";
  return high <= limit ? "flat" : "unclear";
}

/** All judgements in a line, the worst first. */
export function summaryOf(judgements: readonly Judgement[]): string {
  const names = (verdict: Verdict) =>
    judgements.filter((one) => one.verdict === verdict).map(({ name }) => name);
  const [growing, unclear, flat] = [names("grows"), names("unclear"), names("flat")];
  const parts = [
    growing.length > 0 && `GROWS: ${growing.join(", ")}`,
    unclear.length > 0 && `unclear, a longer soak tells: ${unclear.join(", ")}`,
    flat.length > 0 && `flat: ${flat.join(", ")}`,
  ];
  return parts.filter((part) => part !== false).join("; ");
}

/** "+12 bytes per pod (-40 to 64), limit 4096: flat". */
export function judgementText({ name, verdict, perPod, limit }: Judgement): string {
  if (verdict === "unknown") return `${name}: not told by this machine`;
  const { slope, low, high } = perPod;
  const range = Number.isFinite(low - high)
    ? `(${[low, high].map(short).join(" to ")})`
    : "(too few windows for an interval)";
  const what = vitals.find((one) => one.name === name)?.what;
  const judged = limit === null ? "not judged" : `limit ${short(limit)}: ${verdict}`;
  return `${name}: ${slope > 0 ? "+" : ""}${short(slope)} ${what} per pod ${range}, ${judged}`;
}

function short(value: number): string {
  return Math.abs(value) >= 1000 ? `${Math.round(value)}` : `${Number(value.toPrecision(3))}`;
}
