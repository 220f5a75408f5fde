import fc from "fast-check";
import { expect, test } from "vitest";
import { membersOn, poolsOf } from "./fixture.ts";
import { PoolError } from "./pool-error.ts";
import type { Taken } from "./pools.ts";

const PODS = 100;
const turns = async (count: number) => {
  for (let n = 0; n < count; n++) await new Promise(setImmediate);
};

/** What a pod does, in turns of the event loop. */
const life = fc.record({
  before: fc.nat(4),
  inUse: fc.nat(4),
  again: fc.nat(2),
  /** A DEL that comes once more, after everything. */
  late: fc.boolean(),
  asks: fc.option(fc.nat(63)),
});

const lives = fc.array(life, { minLength: PODS, maxLength: PODS });

test("64 VFs and 100 parallel pods: a VF has one owner at a time, late DELs touch nothing, none is lost", async () => {
  await fc.assert(
    fc.asyncProperty(lives, async (pods) => {
      const members = membersOn([1, 2, 3, 4], 16);
      const { pools } = poolsOf(members);
      const inUse = new Map<string, string>();
      const past: Taken[] = [];
      const use = async (lease: Taken, count: number) => {
        expect(inUse.get(lease.address), "exclusive").toBeUndefined();
        inUse.set(lease.address, lease.owner);
        await turns(count);
        for (const old of past) expect(pools.holds(old)).toBe(false);
        expect(pools.holds(lease)).toBe(true);
        inUse.delete(lease.address);
        expect(pools.release(lease.owner, lease.generation)).toBe(lease.address);
        past.push(lease);
      };
      await Promise.all(
        pods.map(async (pod, n) => {
          for (let round = 0; round <= pod.again; round++) {
            await turns(pod.before);
            const address = members[pod.asks ?? -1]?.address;
            const query = { pool: "blue", owner: `pod${n}`, ...(address && { address }) };
            const lease = await pools.acquire(query).catch((error) => {
              expect(error).toBeInstanceOf(PoolError);
              return null;
            });
            if (lease) await use(lease, pod.inUse);
            if (lease && pod.late) expect(pools.release(lease.owner, lease.generation)).toBeNull();
          }
        }),
      );
      expect(pools.leases()).toEqual([]);
      const generations = past.map(({ generation }) => generation);
      expect(new Set(generations).size).toBe(generations.length);
      const all = members.map(({ address }) => pools.acquire({ pool: "blue", owner: address }));
      expect(new Set((await Promise.all(all)).map(({ address }) => address)).size).toBe(64);
    }),
    { numRuns: 25 },
  );
}, 60_000);
