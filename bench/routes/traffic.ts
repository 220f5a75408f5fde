import type { Scope } from "../../test/harness/scope.ts";
import { attachPair, type Node } from "../scale/node.ts";
import { smallFrames } from "../traffic/load.ts";
import type { Tester } from "../trial/tester.ts";

/** Far below what a pair can carry. */
export const packetsPerSecond = 50_000;
/** More than any interval takes: it ends when its work has ended. */
const longestSeconds = 600;

/** Steady traffic of one interval. */
export interface Interval {
  sent: number;
  lost: number;
  seconds: number;
}

/** A pair of pods that carries steady traffic when told to. */
export class SteadyPair {
  readonly #tester: Tester;

  private constructor(tester: Tester) {
    this.#tester = tester;
  }

  static async attach(scope: Scope, node: Node, name: string): Promise<SteadyPair> {
    const { tester } = await attachPair(scope, node, name);
    return new SteadyPair(tester);
  }

  /** Sends from just before `work` begins until it has ended. @throws as `work` does */
  async during(work: () => Promise<void>): Promise<Interval> {
    const load = { ...smallFrames("skb", 1, longestSeconds), rate: packetsPerSecond };
    const { sent, lost, seconds } = await this.#tester.during(load, work);
    return { sent, lost, seconds };
  }
}
