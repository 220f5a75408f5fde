import type { Bdf } from "../types.ts";
import type { PoolMember } from "./choose.ts";

/** Makes VFs ready before anybody asks for them. */
export interface WarmHook {
  /** How many free VFs of each pool are kept prepared; looked after whenever one comes or goes. */
  count: number;
  prepare(vf: PoolMember): Promise<void>;
  /** It could not be prepared; it is not tried again until it was in use or the pools change. */
  failed(vf: PoolMember, error: unknown): void;
}

type Condition = "preparing" | "warm" | "failed";

/** Which VFs are prepared. */
export class WarmVfs {
  readonly #hook: WarmHook | null;
  readonly #conditions = new Map<Bdf, Condition>();
  readonly #running = new Map<Bdf, Promise<void>>();

  constructor(hook: WarmHook | null) {
    this.#hook = hook;
  }

  isWarm(address: Bdf): boolean {
    return this.#conditions.get(address) === "warm";
  }

  /** Whether `prepare` is at work on it. */
  isBusy(address: Bdf): boolean {
    return this.#running.has(address);
  }

  /** Prepares as many as are missing. @param free of one pool, the next to be given first */
  fill(free: readonly PoolMember[]): void {
    if (!this.#hook) return;
    const ready = free.filter(({ address }) => this.#isComing(address)).length;
    const cold = free.filter(
      ({ address }) => !this.#conditions.has(address) && !this.isBusy(address),
    );
    const missing = Math.max(0, this.#hook.count - ready);
    for (const member of cold.slice(0, missing)) this.#prepare(this.#hook, member);
  }

  #isComing(address: Bdf): boolean {
    const condition = this.#conditions.get(address);
    return condition === "warm" || condition === "preparing";
  }

  #prepare(hook: WarmHook, member: PoolMember): void {
    const { address } = member;
    this.#conditions.set(address, "preparing");
    const running = hook.prepare(member).then(
      () => this.#prepared(address, "warm"),
      (error) => {
        this.#prepared(address, "failed");
        hook.failed(member, error);
      },
    );
    this.#running.set(address, running);
  }

  #prepared(address: Bdf, condition: Condition): void {
    this.#running.delete(address);
    // It may have been taken or gone meanwhile.
    if (this.#conditions.get(address) === "preparing") this.#conditions.set(address, condition);
  }

  /**
   * Takes a VF out, and waits for the preparing of it to end.
   * @returns whether it is prepared
   */
  async take(address: Bdf): Promise<boolean> {
    await this.#running.get(address);
    const warm = this.isWarm(address);
    this.#conditions.delete(address);
    return warm;
  }

  /** Forgets VFs that are gone, and failures. */
  keep(addresses: ReadonlySet<Bdf>): void {
    for (const [address, condition] of this.#conditions) {
      if (!addresses.has(address) || condition === "failed") this.#conditions.delete(address);
    }
  }

  /** Resolves when nothing is being prepared any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }
}
