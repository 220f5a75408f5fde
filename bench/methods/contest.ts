import { Contenders } from "../lib/contenders.ts";
import type { Trial } from "../trial/types.ts";
import { isDoubtful } from "./doubt.ts";

/** What a subject has reached at one placement, one trial per round. */
export interface Standing {
  placement: string;
  trials: Trial[];
}

/** One subject under one load, with its trials for every placement that may be its best. */
export class Contest extends Contenders<Trial> {
  constructor(placements: readonly string[]) {
    super(placements, { rate: ({ receivedPps }) => receivedPps, isDoubtful });
  }

  /** The placement with the best median over whole rounds; null before the first. */
  best(rounds: number): Standing | null {
    const winner = this.winner(rounds);
    return winner && { placement: winner.placement, trials: winner.samples };
  }
}
