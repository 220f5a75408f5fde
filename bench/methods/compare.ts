import type { Dut } from "../duts/dut.ts";
import type { Load, RunTrial } from "../trial/types.ts";
import { Contest, type Standing } from "./contest.ts";
import type { Step } from "./step.ts";

/** One subject under one scenario, set up and waiting. */
export interface Entry {
  scenario: string;
  subject: string;
  load: Load;
  dut: Pick<Dut, "placements" | "prepare" | "rest">;
  run: RunTrial;
}

export interface CompareOptions {
  rounds: number;
  onStep?: ((step: Step) => void) | undefined;
  /** Told of all scores after each round, so that an interruption leaves the rounds before. */
  onRound?: ((scores: Score[]) => void) | undefined;
  /** Told why a subject leaves; the others go on. Throws to end them all. */
  onFailure: (entry: Entry, error: Error) => Promise<void>;
}

export interface Score extends Standing {
  scenario: string;
  subject: string;
}

interface Cell {
  entry: Entry;
  contest: Contest;
}

/**
 * Measures every subject under every scenario once per round, in an order that rotates, so that
 * what drifts drifts for all. In the first round each tries all its placements; those far behind
 * are given up. All scores have one trial of each finished round, in the order of the rounds.
 */
export async function compare(
  entries: readonly Entry[],
  options: CompareOptions,
): Promise<Score[]> {
  const { rounds, onStep, onRound, onFailure } = options;
  let cells = entries.map((entry) => {
    return { entry, contest: new Contest(entry.dut.placements(entry.load.source)) };
  });
  let scores: Score[] = [];
  for (let round = 0; round < rounds; round++) {
    const left = new Set(cells);
    for (const cell of rotate(cells, round)) {
      const secondsLeft = secondsOf(left) + (rounds - round - 1) * secondsOf(cells);
      const tell = (text: string) =>
        onStep?.({ text: `round ${round + 1} of ${rounds}: ${text}`, secondsLeft });
      const failure = await visit(cell, tell).catch((error: Error) => error);
      left.delete(cell);
      if (failure instanceof Error) {
        await onFailure(cell.entry, failure);
        cells = cells.filter((one) => one !== cell);
      } else if (round === 0) cell.contest.dropHopeless();
    }
    scores = cells.flatMap((cell) => scoreOf(cell, round + 1));
    onRound?.(scores);
  }
  return scores;
}

async function visit({ entry, contest }: Cell, tell: (text: string) => void): Promise<void> {
  for (const placement of contest.placements) {
    tell(`${entry.scenario}: ${entry.subject} on ${placement}`);
    await entry.dut.prepare(placement);
    // A device that is not put to rest goes on polling, at the cost of all others.
    const trial = await entry.run(entry.load).finally(() => entry.dut.rest());
    contest.add(placement, trial);
  }
}

function scoreOf({ entry, contest }: Cell, rounds: number): Score[] {
  const { scenario, subject } = entry;
  const best = contest.best(rounds);
  return best === null ? [] : [{ scenario, subject, ...best }];
}

function secondsOf(cells: Iterable<Cell>): number {
  const seconds = ({ entry, contest }: Cell) => entry.load.seconds * contest.placements.length;
  return [...cells].reduce((sum, cell) => sum + seconds(cell), 0);
}

function rotate<T>(items: readonly T[], by: number): T[] {
  const at = by % Math.max(1, items.length);
  return [...items.slice(at), ...items.slice(0, at)];
}
