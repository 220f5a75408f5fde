import { median } from "./stats.ts";

/** Placements below this share of the best one after the first round are given up. */
const contender = 0.75;

/** What is looked at of a sample. */
export interface SampleView<Sample> {
  rate(sample: Sample): number;
  /** A doubtful sample is no reason to give its placement up. */
  isDoubtful(sample: Sample): boolean;
}

/**
 * The placements that may be a subject's best under one load, with a sample of each per round. Which
 * one is best is known at the end, from all rounds, so that noise does not choose it.
 */
export class Contenders<Sample> {
  readonly #view: SampleView<Sample>;
  readonly #samples: Map<string, Sample[]>;

  constructor(placements: readonly string[], view: SampleView<Sample>) {
    this.#view = view;
    this.#samples = new Map(placements.map((placement) => [placement, []]));
  }

  /** Placements that are tried in each round. */
  get placements(): string[] {
    return [...this.#samples.keys()];
  }

  get samples(): Sample[] {
    return [...this.#samples.values()].flat();
  }

  add(placement: string, sample: Sample): void {
    this.#samples.get(placement)?.push(sample);
  }

  /** Gives up placements that are far behind. */
  dropHopeless(): void {
    const { rate, isDoubtful } = this.#view;
    const best = Math.max(...this.samples.map(rate));
    for (const [placement, samples] of this.#samples) {
      const hopeful = (one: Sample) => isDoubtful(one) || rate(one) >= best * contender;
      if (!samples.some(hopeful)) this.#samples.delete(placement);
    }
  }

  /** The placement with the best median over the first `rounds`; null before the first sample. */
  winner(rounds = Infinity): { placement: string; samples: Sample[] } | null {
    const standings = [...this.#samples]
      .map(([placement, samples]) => ({ placement, samples: samples.slice(0, rounds) }))
      .filter(({ samples }) => samples.length > 0);
    const rate = ({ samples }: { samples: Sample[] }) => median(samples.map(this.#view.rate));
    return standings.toSorted((a, b) => rate(b) - rate(a))[0] ?? null;
  }
}
