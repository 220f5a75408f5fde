/**
 * Does `work` for every item once per round, in an order that rotates from round to round, so that
 * what drifts drifts for all.
 * @throws the signal's reason when it is aborted between two items
 */
export async function takeTurns<T>(
  items: readonly T[],
  rounds: number,
  signal: AbortSignal,
  work: (item: T, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < items.length; turn++) {
      signal.throwIfAborted();
      await work(items[(round + turn) % items.length] as T, round);
    }
  }
}

/** `of` over `to`, round by round: the samples of a round are seconds apart. */
export function ratios(of: readonly number[], to: readonly number[]): number[] {
  return of.map((value, round) => value / (to[round] ?? Number.NaN));
}
