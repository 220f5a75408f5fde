import type { Flag, RunTrial, Trial } from "../trial/types.ts";
import { flagsOf } from "./doubt.ts";
import { Evidence, type Goal } from "./evidence.ts";
import { type SearchEnd, search } from "./search.ts";
import type { MethodOptions } from "./step.ts";

export interface ThroughputOptions extends MethodOptions {
  /** Length of a trial of the search; RFC 2544 section 24 leaves it to the tester. */
  seconds: number;
  /** Length of the trial that confirms what was found; section 24 asks for 60 s at least. */
  finalSeconds: number;
  /** Of the found rate; default 0.01, as the generator keeps a rate no better than that. */
  resolution?: number;
  /** Share of frames that PDR may lose; default 0.005. */
  partialLoss?: number;
}

/** A rate that was looked for. */
export interface FoundRate {
  goal: Goal;
  /** Frames per second: highest rate whose trial of final length met the goal; 0: none did. */
  lower: number;
  /** Lowest rate that missed it; null: the generator can send no more. */
  upper: number | null;
  /** The trial at `lower`. */
  confirmed: Trial | null;
  /** Why the bracket is no narrower; "resolved" when it is as narrow as was asked for. */
  end: SearchEnd;
  /** What speaks against the trials at the two ends. */
  flags: Flag[];
}

export interface Throughput {
  /** As fast as the generator can. */
  overload: Trial;
  /** RFC 1242 section 3.17: the highest rate without loss. */
  ndr: FoundRate;
  /** The highest rate with little loss. */
  pdr: FoundRate;
  /** All of them, the overload first. */
  trials: Trial[];
}

/** Of the overload: a device that carries less without loss counts as one that always loses. */
const floorShare = 0.001;
const mostTrials = 40;
/** Of both searches together. */
const usualTrials = 15;

/**
 * RFC 2544 section 26.1: the rate without loss, and with it the rate that loses little. Both
 * searches start from what a trial at overload lets through and share all trials (RFC 9971): short
 * ones narrow the brackets, then trials of final length confirm the lower ends, or move them down.
 */
export async function throughput(run: RunTrial, options: ThroughputOptions): Promise<Throughput> {
  const { traffic, seconds, finalSeconds, partialLoss = 0.005, onStep } = options;
  onStep?.({ text: "overload", secondsLeft: usualTrials * seconds + 2 * finalSeconds });
  const overload = await run({ ...traffic, rate: null, seconds });
  const hunt = new Hunt(run, options, overload);
  const none: Goal = { name: "ndr", loss: 0 };
  const little: Goal = { name: "pdr", loss: partialLoss };
  const ends = [await hunt.narrow(none), await hunt.narrow(little)] as const;
  const ndr = await hunt.confirm(none, ends[0], finalSeconds);
  const pdr = await hunt.confirm(little, ends[1], 0);
  return { overload, ndr, pdr, trials: hunt.evidence.trials };
}

/** Searches that share what they have seen. */
class Hunt {
  readonly evidence = new Evidence();
  readonly #run: RunTrial;
  readonly #options: ThroughputOptions;
  readonly #overload: Trial;
  /** A generator that was held up by a busy machine may count too long, but not what came out. */
  readonly #most: number;

  constructor(run: RunTrial, options: ThroughputOptions, overload: Trial) {
    this.#run = run;
    this.#options = options;
    this.#overload = overload;
    this.#most = Math.max(overload.offeredPps, overload.receivedPps);
    this.evidence.add(this.#most, overload);
  }

  /** By short trials. */
  narrow(goal: Goal): Promise<SearchEnd> {
    const { seconds, finalSeconds } = this.#options;
    return this.#search(goal, this.#overload.receivedPps, seconds, 2 * finalSeconds);
  }

  /** By trials of final length, from what short ones have found. */
  async confirm(goal: Goal, narrowed: SearchEnd, secondsAfter: number): Promise<FoundRate> {
    const { seconds, finalSeconds } = this.#options;
    const guess = this.evidence.bracket(goal, seconds).lower;
    if (guess === 0) return found(this.evidence, goal, finalSeconds, narrowed);
    const { lower, upper } = this.evidence.bracket(goal, finalSeconds);
    if (upper === null && lower === 0) await this.#overloadAgain(secondsAfter);
    const end = await this.#search(goal, guess, finalSeconds, secondsAfter);
    return found(this.evidence, goal, finalSeconds, end);
  }

  /** Where nothing was lost at overload: a generator that keeps a rate would send less than that. */
  async #overloadAgain(secondsAfter: number): Promise<void> {
    const { traffic, finalSeconds: seconds, onStep } = this.#options;
    onStep?.({ text: "overload again", secondsLeft: seconds + secondsAfter });
    const trial = await this.#run({ ...traffic, rate: null, seconds });
    this.evidence.add(trial.offeredPps, trial);
  }

  #search(goal: Goal, guess: number, seconds: number, secondsAfter: number): Promise<SearchEnd> {
    const { traffic, resolution = 0.01, onStep } = this.#options;
    return search(this.#run, this.evidence, goal, guess, {
      ...{ traffic, seconds, secondsAfter, resolution, onStep },
      ...{ floor: this.#most * floorShare, budget: mostTrials },
    });
  }
}

function found(evidence: Evidence, goal: Goal, seconds: number, end: SearchEnd): FoundRate {
  const { lower, upper } = evidence.bracket(goal, seconds);
  const good = evidence.at(lower).filter(({ load }) => load.seconds >= seconds);
  const bad = upper === null ? [] : evidence.at(upper);
  const flags = flagsOf([...good, ...bad]);
  return { goal, lower, upper, confirmed: good.at(-1) ?? null, end, flags };
}
