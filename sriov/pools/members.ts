import type { Bdf } from "../types.ts";
import type { PoolMember } from "./choose.ts";
import { PoolError } from "./pool-error.ts";

/** Which VFs there are, each in one pool. */
export class Members {
  #all = new Map<Bdf, PoolMember>();

  /** @throws PoolError corrupt when a VF is in two pools; nothing was changed */
  set(members: readonly PoolMember[]): void {
    const next = new Map<Bdf, PoolMember>();
    for (const member of members) {
      const other = next.get(member.address)?.pool;
      if (other !== undefined) {
        const pools = `${other} and ${member.pool}`;
        throw new PoolError("corrupt", `VF ${member.address} is in the pools ${pools}`);
      }
      next.set(member.address, member);
    }
    this.#all = next;
  }

  addresses(): Set<Bdf> {
    return new Set(this.#all.keys());
  }

  /** Those with a name. */
  pools(): Set<string> {
    const all = [...this.#all.values()].map(({ pool }) => pool);
    return new Set(all.filter((pool) => pool !== ""));
  }

  /** null when there is no such VF. */
  poolOf(address: Bdf): string | null {
    return this.#all.get(address)?.pool ?? null;
  }

  of(pool: string): PoolMember[] {
    return [...this.#all.values()].filter((member) => member.pool === pool);
  }

  /** @throws PoolError unknown when the VF is not in the pool */
  inPool(pool: string, address: Bdf): PoolMember {
    const member = this.#all.get(address);
    if (member?.pool === pool) return member;
    const where = member ? `it is in pool ${member.pool}` : "no pool has it";
    throw new PoolError("unknown", `pool ${pool} has no VF ${address}: ${where}`);
  }

  /** How many of some VFs each PF has. */
  countByPf(addresses: Iterable<Bdf>): Map<Bdf, number> {
    const counts = new Map<Bdf, number>();
    for (const address of addresses) {
      const pf = this.#all.get(address)?.pf;
      if (pf !== undefined) counts.set(pf, (counts.get(pf) ?? 0) + 1);
    }
    return counts;
  }

  /** The error for a pool without VFs. */
  unknown(pool: string): PoolError {
    const names = [...this.pools()].toSorted();
    const there = names.length === 0 ? "no pool has any" : `there are ${names.join(", ")}`;
    return new PoolError("unknown", `pool ${pool} has no VF; ${there}`);
  }
}
