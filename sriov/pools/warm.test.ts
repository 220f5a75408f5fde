import { describe, expect, it } from "vitest";
import type { PoolMember } from "./choose.ts";
import { membersOn, poolsOf } from "./fixture.ts";
import type { WarmHook } from "./warm.ts";

/** A hook whose work ends when the test says so. */
class Hook implements WarmHook {
  count = 2;
  readonly started: string[] = [];
  readonly failures: string[] = [];
  readonly #ends = new Map<string, (error?: Error) => void>();

  prepare({ address }: PoolMember): Promise<void> {
    this.started.push(address);
    return new Promise((resolve, reject) => {
      this.#ends.set(address, (error) => (error ? reject(error) : resolve()));
    });
  }

  failed({ address }: PoolMember, error: unknown): void {
    this.failures.push(`${address}: ${(error as Error).message}`);
  }

  async end(address: string, error?: Error): Promise<void> {
    this.#ends.get(address)?.(error);
    await new Promise(setImmediate);
  }
}

const blue = (owner: string) => ({ pool: "blue", owner });
const [A, B, C, D] = ["0000:01:10.0", "0000:01:10.1", "0000:01:10.2", "0000:01:10.3"] as const;

describe("a warm pool", () => {
  it("keeps as many VFs prepared as it is told, and gives those first", async () => {
    const warm = new Hook();
    const { pools } = poolsOf(membersOn([1], 4), { warm });
    expect(warm.started).toEqual([A, B]);
    await warm.end(B);
    expect(await pools.acquire(blue("a"))).toMatchObject({ address: B, warm: true });
    expect(warm.started).toEqual([A, B, C]);
  });

  it("gives one that is not prepared rather than one that is being prepared", async () => {
    const warm = new Hook();
    const { pools } = poolsOf(membersOn([1], 3), { warm });
    expect(await pools.acquire(blue("a"))).toMatchObject({ address: C, warm: false });
  });

  it("waits for one that is being prepared when it is asked for, and nobody else gets it", async () => {
    const warm = new Hook();
    const { pools } = poolsOf(membersOn([1], 1), { warm });
    let got = false;
    const taking = pools.acquire({ ...blue("a"), address: A }).finally(() => {
      got = true;
    });
    await expect(pools.acquire(blue("b"))).rejects.toThrow(`${A} by a`);
    expect(got).toBe(false);
    await warm.end(A);
    expect(await taking).toMatchObject({ address: A, warm: true });
  });

  it("leaves one alone that could not be prepared until it was in use", async () => {
    const warm = new Hook();
    warm.count = 1;
    const { pools } = poolsOf(membersOn([1], 2), { warm });
    await warm.end(A, new Error("no memory"));
    expect(warm.failures).toEqual([`${A}: no memory`]);
    const lease = await pools.acquire({ ...blue("a"), address: A });
    expect(lease.warm).toBe(false);
    await warm.end(B);
    pools.release("a", lease.generation);
    await pools.acquire({ ...blue("b"), address: B });
    expect(warm.started).toEqual([A, B, A]);
    await warm.end(A);
    await pools.idle();
  });

  it("forgets what is gone", async () => {
    const warm = new Hook();
    const { pools } = poolsOf(membersOn([1], 2), { warm });
    await Promise.all([warm.end(A), warm.end(B)]);
    pools.setMembers(membersOn([1], 4).slice(2));
    expect(warm.started).toEqual([A, B, C, D]);
  });
});
