import { median } from "../lib/stats.ts";
import type { Trial } from "../trial/types.ts";
import { isDoubtful } from "./doubt.ts";

/** Placements below this share of the best one after the first round are given up. */
const contender = 0.75;

/** What a subject has reached at one placement, one trial per round. */
export interface Standing {
  placement: string;
  trials: Trial[];
}

/**
 * One subject under one load, with its trials for every placement that may be its best. Which one
 * is best is known at the end, from all rounds, so that noise does not choose it.
 */
export class Contest {
  readonly #trials: Map<string, Trial[]>;

  constructor(placements: readonly string[]) {
    this.#trials = new Map(placements.map((placement) => [placement, []]));
  }

  /** Placements that are tried in each round. */
  get placements(): string[] {
    return [...this.#trials.keys()];
  }

  add(placement: string, trial: Trial): void {
    this.#trials.get(placement)?.push(trial);
  }

  /** Gives up placements that are far behind. A doubtful trial is no reason to. */
  dropHopeless(): void {
    const best = Math.max(
      ...[...this.#trials.values()].flat().map(({ receivedPps }) => receivedPps),
    );
    for (const [placement, trials] of this.#trials) {
      const hopeful = (one: Trial) => isDoubtful(one) || one.receivedPps >= best * contender;
      if (!trials.some(hopeful)) this.#trials.delete(placement);
    }
  }

  /** The placement with the best median over whole rounds; null before the first. */
  best(rounds: number): Standing | null {
    const standings = [...this.#trials]
      .map(([placement, trials]) => ({ placement, trials: trials.slice(0, rounds) }))
      .filter(({ trials }) => trials.length > 0);
    const rate = ({ trials }: Standing) => median(trials.map(({ receivedPps }) => receivedPps));
    return standings.toSorted((a, b) => rate(b) - rate(a))[0] ?? null;
  }
}
