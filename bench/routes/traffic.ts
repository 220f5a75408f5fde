import { setTimeout as delay } from "node:timers/promises";
import type { Scope } from "../../test/harness/scope.ts";
import { Child } from "../lib/child.ts";
import { attachPair, type Node, type Pair } from "../scale/node.ts";
import { generatorCpu } from "../traffic/load.ts";
import { buildTool } from "./build.ts";

/** Far below what a pair can carry. */
export const packetsPerSecond = 50_000;
/** The last packets are on their way this long at most. */
const drainMs = 100;

/** What the program paced prints. */
interface Paced {
  sent: number;
  refused: number;
  seconds: number;
}

/** Steady traffic of one interval. */
export interface Interval {
  sent: number;
  lost: number;
  seconds: number;
}

/** A pair of pods that carries steady traffic when told to. */
export class SteadyPair {
  readonly #pair: Pair;
  readonly #program: string;

  private constructor(pair: Pair, program: string) {
    this.#pair = pair;
    this.#program = program;
  }

  static async attach(scope: Scope, node: Node, name: string): Promise<SteadyPair> {
    return new SteadyPair(await attachPair(scope, node, name), await buildTool("paced"));
  }

  /** Sends from just before `work` begins until it has ended. @throws as `work` does */
  async during(work: () => Promise<void>): Promise<Interval> {
    const { sender, receiver, lane } = this.#pair;
    const args = [receiver.address, `${packetsPerSecond}`, `${generatorCpu}`];
    const before = await lane.sink.read();
    await using child = await Child.startInside(sender.namespace.name, this.#program, args);
    await work();
    const { sent, seconds } = JSON.parse(await child.ask("stop")) as Paced;
    await delay(drainMs);
    const after = await lane.sink.read();
    const corrupt = after.corrupt - before.corrupt;
    if (corrupt > 0) throw new Error(`${corrupt} sampled packets arrived corrupt`);
    return { sent, lost: sent - (after.packets - before.packets), seconds };
  }
}
