import type { Bdf } from "../types.ts";
import { PoolError } from "./pool-error.ts";

/** A VF and who has it. */
export interface Lease {
  address: Bdf;
  pool: string;
  /** Key of an attachment. */
  owner: string;
  /** Higher than that of every owner before, of any VF. */
  generation: number;
}

/** What must survive the agent. */
export interface PoolState {
  /** The last one given out. */
  generation: number;
  leases: Lease[];
  /** The time until it may be had again: clocks begin anew with the process. */
  cooling: { address: Bdf; milliseconds: number }[];
}

/** @throws PoolError corrupt when a VF or an owner is there twice */
export function checkState({ leases }: PoolState): void {
  const seen = new Set<string>();
  for (const { address, owner } of leases) {
    for (const key of [`VF ${address}`, `attachment ${owner}`]) {
      if (seen.has(key)) throw new PoolError("corrupt", `saved leases name ${key} twice`);
      seen.add(key);
    }
  }
}

/** The highest generation that a state knows of. */
export function lastGeneration({ generation, leases }: PoolState): number {
  return Math.max(generation, ...leases.map((lease) => lease.generation));
}
