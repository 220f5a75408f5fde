import type { Trial } from "../trial/types.ts";
import { isDoubtful } from "./doubt.ts";

/** A rate that is looked for: the highest one that loses no more than this. */
export interface Goal {
  name: "ndr" | "pdr";
  /** Highest share of the sent frames that may be lost, 0 to 1. */
  loss: number;
}

/** What the trials so far say about a goal. */
export interface Bracket {
  /** Highest rate below `upper` that meets the goal; 0: none. */
  lower: number;
  /** Lowest rate that misses it; null: none. */
  upper: number | null;
}

/**
 * Trials by the rate they were asked for. Several goals share them, so that what was measured for
 * one narrows the bracket of the other (RFC 9971, MLRsearch).
 */
export class Evidence {
  readonly #byRate = new Map<number, Trial[]>();

  get trials(): Trial[] {
    return [...this.#byRate.values()].flat();
  }

  add(rate: number, trial: Trial): void {
    this.#byRate.set(rate, [...this.at(rate), trial]);
  }

  /** Trials at one rate. */
  at(rate: number): readonly Trial[] {
    return this.#byRate.get(rate) ?? [];
  }

  /**
   * @param seconds shorter trials prove no rate good, since a queue may have hidden its loss; what
   *   a short trial loses, a longer one loses too
   */
  bracket(goal: Goal, seconds: number): Bracket {
    const rates = [...this.#byRate.keys()].toSorted((a, b) => a - b);
    const good = rates.filter((rate) => !this.#misses(rate, goal));
    const bad = rates.filter((rate) => !good.includes(rate) && !this.#isRefuted(rate, good));
    const upper = bad[0] ?? null;
    const proven = good.filter((rate) => upper === null || rate < upper);
    const lower = proven.findLast((rate) => this.#longest(rate) >= seconds);
    return { lower: lower ?? 0, upper };
  }

  /** Doubtful trials say nothing of a device that has met the goal at a higher rate for as long. */
  #isRefuted(rate: number, good: readonly number[]): boolean {
    const length = this.#longest(rate);
    const isRefuting = (other: number) => other > rate && this.#longest(other) >= length;
    return this.#telling(rate).every(isDoubtful) && good.some(isRefuting);
  }

  /** Whether one more trial could turn what is known of a rate. */
  isUnsure(rate: number, goal: Goal): boolean {
    const trials = this.#telling(rate);
    const misses = trials.filter((trial) => lossOf(trial) > goal.loss).length;
    return trials.length === 1 || misses * 2 === trials.length;
  }

  #misses(rate: number, goal: Goal): boolean {
    const trials = this.#telling(rate);
    return trials.filter((trial) => lossOf(trial) > goal.loss).length * 2 >= trials.length;
  }

  /** The longest trials decide, the majority of them; of a tie, the loss. */
  #telling(rate: number): Trial[] {
    const longest = this.#longest(rate);
    return this.at(rate).filter(({ load }) => load.seconds === longest);
  }

  #longest(rate: number): number {
    return Math.max(...this.at(rate).map(({ load }) => load.seconds));
  }
}

/** Share of the sent frames that was lost. */
export function lossOf({ lost, sent }: Trial): number {
  return sent === 0 ? 0 : lost / sent;
}
