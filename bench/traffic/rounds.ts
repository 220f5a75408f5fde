import type { Load, RunTrial } from "../trial/types.ts";
import { Contest } from "./contest.ts";
import type { Forwarder, ForwarderName } from "./forwarder.ts";
import type { Sample } from "./sample.ts";

export interface RoundsOptions {
  rounds: number;
  signal: AbortSignal;
  /** Measures a prepared forwarder once. */
  take(run: RunTrial, load: Load): Promise<Sample>;
  /** Told of every sample. */
  onSample(round: number, key: string, subject: ForwarderName, sample: Sample): void;
}

/** What one subject reached under one load, with one rate per round. */
export interface Score {
  placement: string;
  rates: number[];
  samples: Sample[];
}

/** By key of the load, then by subject. */
export type Scores = Map<string, Map<ForwarderName, Score>>;

/**
 * Samples every subject under every load once per round, in an order that rotates, so that what
 * drifts drifts for all.
 * @param loads by a key of the caller's, e.g. the scenario
 */
export async function runRounds(
  forwarders: readonly Forwarder[],
  loads: ReadonlyMap<string, Load>,
  options: RoundsOptions,
): Promise<Scores> {
  const entries = [...loads].flatMap(([key, load]) =>
    forwarders.map((forwarder) => {
      return { key, load, forwarder, contest: new Contest(forwarder.placements(load.source)) };
    }),
  );
  for (let round = 0; round < options.rounds; round++) {
    for (const { key, load, forwarder, contest } of rotate(entries, round)) {
      for (const placement of contest.placements) {
        options.signal.throwIfAborted();
        await forwarder.prepare(placement);
        const sample = await options.take(forwarder.run, load);
        await forwarder.rest();
        contest.add(placement, sample);
        options.onSample(round, key, forwarder.subject, sample);
      }
      if (round === 0) contest.dropHopeless();
    }
  }
  const scores: Scores = new Map([...loads.keys()].map((key) => [key, new Map()]));
  for (const { key, forwarder, contest } of entries) {
    const score = { ...contest.best(), samples: contest.samples };
    scores.get(key)?.set(forwarder.subject, score);
  }
  return scores;
}

function rotate<T>(items: readonly T[], by: number): T[] {
  const at = by % Math.max(1, items.length);
  return [...items.slice(at), ...items.slice(0, at)];
}
