import type { RunTrial, Trial } from "../trial/types.ts";
import type { Bracket, Evidence, Goal } from "./evidence.ts";
import { rateText, type Step, type Traffic } from "./step.ts";

export interface SearchOptions {
  traffic: Traffic;
  /** Length of a trial. */
  seconds: number;
  /** Width of the bracket at the end, as a share of its upper end. */
  resolution: number;
  /** Rates below are not tried. */
  floor: number;
  /** Trials that may be run; a search that uses them up ends with a wider bracket. */
  budget: number;
  /** Of trials that come after this search, for the steps. */
  secondsAfter: number;
  onStep?: ((step: Step) => void) | undefined;
}

/** Why a search has ended. */
export type SearchEnd =
  | "resolved"
  | "floor" // it loses at every rate
  | "generator" // it may carry more than the generator has
  | "disturbed" // the generator was held up by other work
  | "budget"; // it answered otherwise each time

/** Steps outwards from the guess until both ends are known, as a guess. */
const usualSteps = 3;

/**
 * Narrows the bracket of a goal: from a first guess outwards in steps that double, then by
 * bisection, so that a good guess saves most trials.
 * @param guess frames per second
 */
export async function search(
  run: RunTrial,
  evidence: Evidence,
  goal: Goal,
  guess: number,
  options: SearchOptions,
): Promise<SearchEnd> {
  const { traffic, seconds, resolution, floor, budget } = options;
  let step = resolution;
  for (let trials = 0; trials < budget; trials++) {
    const bracket = evidence.bracket(goal, seconds);
    if (bracket.upper === null && bracket.lower > 0) return "generator";
    const resolved = isResolved(bracket, resolution);
    const rate = resolved
      ? unsureEnd(evidence, goal, bracket, seconds)
      : nextRate(bracket, guess, step);
    if (rate === null) return "resolved";
    if (rate < floor) return "floor";
    tell(goal, rate, bracket, options);
    const trial = await run({ ...traffic, rate, seconds });
    const reached = reachedRate(rate, trial);
    evidence.add(reached, trial);
    // Asking for more than the generator has is in vain.
    if (reached < rate && (resolved || reached <= bracket.lower)) return shortfall(trial);
    if (!resolved) step = Math.min(2 * step, 0.5);
  }
  return "budget";
}

function tell(goal: Goal, rate: number, { lower, upper }: Bracket, options: SearchOptions): void {
  const { resolution, seconds, secondsAfter, onStep } = options;
  const width = upper === null ? 1 : (upper - lower) / (resolution * upper);
  const trials = lower === 0 ? usualSteps * 2 : 1 + Math.ceil(Math.log2(Math.max(1, width)));
  const text = `${goal.name.toUpperCase()} search at ${rateText(rate)}`;
  onStep?.({ text, secondsLeft: trials * seconds + secondsAfter });
}

function shortfall({ flags }: Trial): SearchEnd {
  return flags.some(({ name }) => name === "disturbed") ? "disturbed" : "generator";
}

function isResolved({ lower, upper }: Bracket, resolution: number): boolean {
  return lower > 0 && upper !== null && upper - lower <= resolution * upper;
}

/**
 * The end of the bracket to be looked at once more: a single loss may have been an accident. Not
 * that of a longer trial, which is worth more than what it would be compared with.
 */
function unsureEnd(
  evidence: Evidence,
  goal: Goal,
  { upper }: Bracket,
  seconds: number,
): number | null {
  if (upper === null || !evidence.isUnsure(upper, goal)) return null;
  const trials = evidence.at(upper);
  if (trials.some(({ load }) => load.rate === null || load.seconds > seconds)) return null;
  return upper;
}

function nextRate({ lower, upper }: Bracket, guess: number, step: number): number {
  const above = upper ?? Number.POSITIVE_INFINITY;
  if (lower === 0) return guess < above ? guess : above * (1 - step);
  return Math.min((lower + above) / 2, lower * (1 + step));
}

/** What was asked for, unless the generator fell short of it. */
function reachedRate(asked: number, { offeredPps, flags }: Trial): number {
  const short = flags.some(({ name }) => name === "generator-limited");
  return short ? Math.min(asked, offeredPps) : asked;
}
