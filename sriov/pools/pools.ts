import type { Bdf } from "../types.ts";
import { type PoolMember, rank } from "./choose.ts";
import { Members } from "./members.ts";
import { exhausted, PoolError } from "./pool-error.ts";
import { checkState, type Lease, lastGeneration, type PoolState } from "./state.ts";
import { type WarmHook, WarmVfs } from "./warm.ts";

export interface PoolOptions {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** How long a VF stays unused after it was given back, so that late frames find nobody. */
  cooldownSeconds: number;
  warm?: WarmHook;
}

export interface VfQuery {
  pool: string;
  owner: string;
  /** This VF and no other: whoever asks for it has accounted for it. Cooling down is its matter. */
  address?: Bdf;
  /** Preferred. */
  numaNode?: number;
}

/** A VF that was got. */
export interface Taken extends Lease {
  vf: PoolMember;
  /** It was prepared. */
  warm: boolean;
}

/**
 * Who has which VF. A VF has one owner at a time and an owner one VF; each change of owner has a
 * higher generation, so that whoever comes late with an older one is told from the owner of now.
 */
export class Pools {
  readonly #now: () => number;
  readonly #cooldown: number;
  readonly #warm: WarmVfs;
  readonly #leases = new Map<Bdf, Lease>();
  /** When a VF became free, and when it may be had again. */
  readonly #freed = new Map<Bdf, { at: number; until: number }>();
  readonly #members = new Members();
  #generation = 0;

  constructor({ now, cooldownSeconds, warm }: PoolOptions) {
    this.#now = now;
    this.#cooldown = cooldownSeconds * 1000;
    this.#warm = new WarmVfs(warm ?? null);
  }

  /**
   * Says which VFs there are. A VF that is gone stays its owner's until it is released.
   * @throws PoolError corrupt when a VF is in two pools
   */
  setMembers(members: readonly PoolMember[]): void {
    this.#members.set(members);
    this.#warm.keep(this.#members.addresses());
    this.#fill();
  }

  /**
   * Gives a VF to an owner. It is taken at once, before the event loop turns; the promise waits
   * only for a VF that is being prepared.
   * @throws PoolError
   */
  async acquire(query: VfQuery): Promise<Taken> {
    const vf = query.address === undefined ? this.#best(query) : this.#asked(query, query.address);
    const lease: Lease = {
      address: vf.address,
      pool: query.pool,
      owner: query.owner,
      generation: ++this.#generation,
    };
    this.#leases.set(vf.address, lease);
    this.#freed.delete(vf.address);
    const warm = await this.#warm.take(vf.address);
    this.#fill();
    return { ...lease, vf, warm };
  }

  /**
   * Takes the VF from its owner. An owner of an older generation has none any more, and nothing
   * happens.
   * @returns the VF that is free now; null when nothing happened
   */
  release(owner: string, generation: number): Bdf | null {
    const lease = this.leaseOf(owner);
    if (lease?.generation !== generation) return null;
    const { address } = lease;
    const at = this.#now();
    this.#leases.delete(address);
    this.#freed.set(address, { at, until: at + this.#cooldown });
    this.#fill();
    return address;
  }

  /** Whether an owner has that VF still, in that generation. */
  holds({ address, owner, generation }: Omit<Lease, "pool">): boolean {
    const lease = this.#leases.get(address);
    return lease?.owner === owner && lease.generation === generation;
  }

  /** Pool of a VF, "" when it has none; null when there is no such VF. */
  poolOf(address: Bdf): string | null {
    return this.#members.poolOf(address);
  }

  holderOf(address: Bdf): Lease | null {
    return this.#leases.get(address) ?? null;
  }

  /** Whether the VF is free and not to be had yet. */
  isCooling(address: Bdf): boolean {
    return (this.#freed.get(address)?.until ?? 0) > this.#now();
  }

  leaseOf(owner: string): Lease | null {
    return this.leases().find((lease) => lease.owner === owner) ?? null;
  }

  leases(): Lease[] {
    return [...this.#leases.values()];
  }

  /** What must survive the agent. */
  export(): PoolState {
    const now = this.#now();
    const cooling = [...this.#freed]
      .map(([address, { until }]) => ({ address, milliseconds: until - now }))
      .filter(({ milliseconds }) => milliseconds > 0);
    return { generation: this.#generation, leases: this.leases(), cooling };
  }

  /**
   * Takes over what an earlier agent has exported. Owners keep VFs that are not there yet.
   * @throws PoolError corrupt; nothing was changed
   */
  restore(state: PoolState): void {
    checkState(state);
    const at = this.#now();
    this.#generation = Math.max(this.#generation, lastGeneration(state));
    this.#leases.clear();
    this.#freed.clear();
    for (const lease of state.leases) this.#leases.set(lease.address, { ...lease });
    for (const { address, milliseconds } of state.cooling) {
      this.#freed.set(address, { at, until: at + milliseconds });
    }
    this.#fill();
  }

  /**
   * Changes nothing.
   * @throws PoolError exhausted | unknown when no VF of a pool is to be had now
   */
  requireFree(pool: string): void {
    this.#freeOf(pool);
  }

  /** Resolves when no VF is being prepared any more. */
  idle(): Promise<void> {
    return this.#warm.idle();
  }

  #asked({ pool, owner }: VfQuery, address: Bdf): PoolMember {
    this.#requireNone(owner);
    const member = this.#members.inPool(pool, address);
    const holder = this.#leases.get(address);
    if (!holder) return member;
    const since = `generation ${holder.generation}`;
    const vf = pool === "" ? `VF ${address}` : `VF ${address} of pool ${pool}`;
    throw new PoolError("taken", `${vf} is ${holder.owner}'s (${since})`);
  }

  #best({ pool, owner, numaNode }: VfQuery): PoolMember {
    this.#requireNone(owner);
    const free = this.#freeOf(pool);
    // One that is being prepared is not ready yet.
    const ready = free.filter(({ address }) => !this.#warm.isBusy(address));
    const [best = free[0]] = this.#rank(ready.length > 0 ? ready : free, numaNode ?? null);
    return best;
  }

  #freeOf(pool: string): [PoolMember, ...PoolMember[]] {
    const members = this.#members.of(pool);
    if (members.length === 0) throw this.#members.unknown(pool);
    const [first, ...more] = this.#free(members);
    if (first) return [first, ...more];
    throw this.#exhausted(pool, members);
  }

  #requireNone(owner: string): void {
    const lease = this.leaseOf(owner);
    if (!lease) return;
    const { address, pool } = lease;
    throw new PoolError("owner", `${owner} has VF ${address} of pool ${pool} already`);
  }

  #free(members: readonly PoolMember[]): PoolMember[] {
    return members.filter(({ address }) => !this.#leases.has(address) && !this.isCooling(address));
  }

  #rank(free: readonly PoolMember[], numaNode: number | null): PoolMember[] {
    return rank(free, {
      numaNode,
      used: this.#members.countByPf(this.#leases.keys()),
      isWarm: (address) => this.#warm.isWarm(address),
      freedAt: (address) => this.#freed.get(address)?.at ?? Number.MIN_SAFE_INTEGER,
    });
  }

  #fill(): void {
    for (const pool of this.#members.pools()) {
      this.#warm.fill(this.#rank(this.#free(this.#members.of(pool)), null));
    }
  }

  #exhausted(pool: string, members: readonly PoolMember[]): PoolError {
    const now = this.#now();
    const holders = members.flatMap(({ address }) => this.#leases.get(address) ?? []);
    const waits = members
      .filter(({ address }) => !this.#leases.has(address))
      .map(({ address }) => (this.#freed.get(address)?.until ?? now) - now);
    const nextInSeconds = waits.length === 0 ? null : Math.ceil(Math.min(...waits) / 1000);
    const total = members.length;
    return exhausted({ pool, total, holders, nextInSeconds, cooling: waits.length });
  }
}
