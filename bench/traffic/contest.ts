import { median } from "../lib/stats.ts";
import { isDisturbed, type Sample } from "./sample.ts";

/** Placements below this share of the best one after the first round are given up. */
const contender = 0.75;

/**
 * One subject under one load, with its samples for every placement that may be its best. Which one
 * is best is known at the end, from all rounds, so that noise does not choose it.
 */
export class Contest {
  readonly #samples: Map<string, Sample[]>;

  constructor(placements: readonly string[]) {
    this.#samples = new Map(placements.map((placement) => [placement, []]));
  }

  /** Placements to be sampled in each round. */
  get placements(): string[] {
    return [...this.#samples.keys()];
  }

  get samples(): Sample[] {
    return [...this.#samples.values()].flat();
  }

  add(placement: string, sample: Sample): void {
    this.#samples.get(placement)?.push(sample);
  }

  /** Gives up placements that are far behind. A disturbed sample is no reason to. */
  dropHopeless(): void {
    const best = Math.max(...this.samples.map(({ pps }) => pps));
    for (const [placement, samples] of this.#samples) {
      const hopeful = (sample: Sample) => isDisturbed(sample) || sample.pps >= best * contender;
      if (!samples.some(hopeful)) this.#samples.delete(placement);
    }
  }

  /** The placement with the best median, and its rates in the order of the rounds. */
  best(): { placement: string; rates: number[] } {
    const ranked = [...this.#samples]
      .map(([placement, samples]) => ({ placement, rates: samples.map(({ pps }) => pps) }))
      .toSorted((a, b) => median(b.rates) - median(a.rates));
    const [winner] = ranked;
    if (winner === undefined) throw new Error("a contest without placements");
    return winner;
  }
}
