import { Contenders } from "../lib/contenders.ts";
import { isDisturbed, type Sample } from "./sample.ts";

/** One subject under one load, with its samples for every placement that may be its best. */
export class Contest extends Contenders<Sample> {
  constructor(placements: readonly string[]) {
    super(placements, { rate: ({ pps }) => pps, isDoubtful: isDisturbed });
  }

  /** The placement with the best median, and its rates in the order of the rounds. */
  best(): { placement: string; rates: number[] } {
    const winner = this.winner();
    if (winner === null) throw new Error("a contest without samples");
    return { placement: winner.placement, rates: winner.samples.map(({ pps }) => pps) };
  }
}
