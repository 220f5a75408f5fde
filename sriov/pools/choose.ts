import type { Bdf, VirtualFunction } from "../types.ts";

/** A VF and the pool that it belongs to. */
export interface PoolMember extends VirtualFunction {
  /** "" for one that is only given to who names it. */
  pool: string;
}

export interface Ranking {
  /** Node that the pod's CPUs are on; null when it does not matter. */
  numaNode: number | null;
  /** VFs in use, by PF. */
  used: ReadonlyMap<Bdf, number>;
  isWarm(address: Bdf): boolean;
  /** Whoever has been free longest comes first; higher is later. */
  freedAt(address: Bdf): number;
}

/**
 * Free VFs, the best first: on the NUMA node asked for, at the PF with the fewest VFs in use,
 * prepared, longest free, lowest address.
 */
export function rank(free: readonly PoolMember[], ranking: Ranking): PoolMember[] {
  return free
    .map((member) => ({ member, score: score(member, ranking) }))
    .sort((a, b) => compare(a.score, b.score) || (a.member.address < b.member.address ? -1 : 1))
    .map(({ member }) => member);
}

function score({ address, pf, numaNode }: PoolMember, ranking: Ranking): number[] {
  return [
    ranking.numaNode === null || ranking.numaNode === numaNode ? 0 : 1,
    ranking.used.get(pf) ?? 0,
    ranking.isWarm(address) ? 0 : 1,
    ranking.freedAt(address),
  ];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const difference = value - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
