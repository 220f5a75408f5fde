import { describe, expect, it } from "vitest";
import { member, membersOn, poolsOf } from "./fixture.ts";

const blue = (owner: string) => ({ pool: "blue", owner });

describe("a pool of VFs", () => {
  it("gives the VF that was asked for, and no other", async () => {
    const { pools } = poolsOf(membersOn([1], 4));
    const { address } = member(1, 2);
    expect((await pools.acquire({ ...blue("a"), address })).address).toBe(address);
    await expect(pools.acquire({ ...blue("b"), address })).rejects.toThrow(
      "VF 0000:01:10.2 of pool blue is a's (generation 1)",
    );
    expect(pools.leases()).toHaveLength(1);
  });

  it("refuses a VF of another pool, one that is nowhere, and a pool that is not there", async () => {
    const { pools } = poolsOf([member(1, 0), member(1, 1, { pool: "red" })]);
    const { address } = member(1, 1);
    await expect(pools.acquire({ ...blue("a"), address })).rejects.toThrow(
      "pool blue has no VF 0000:01:10.1: it is in pool red",
    );
    await expect(pools.acquire({ ...blue("a"), address: "0000:09:00.1" })).rejects.toThrow(
      "pool blue has no VF 0000:09:00.1: no pool has it",
    );
    await expect(pools.acquire({ pool: "green", owner: "a" })).rejects.toThrow(
      "pool green has no VF; there are blue, red",
    );
    expect(() => pools.setMembers([member(1, 0), member(1, 0, { pool: "red" })])).toThrow(
      "VF 0000:01:10.0 is in the pools blue and red",
    );
  });

  it("prefers the NUMA node, and takes another before none", async () => {
    const near = member(2, 0, { numaNode: 1 });
    const { pools } = poolsOf([member(1, 0, { numaNode: 0 }), near]);
    const wish = { numaNode: 1 };
    expect((await pools.acquire({ ...blue("a"), ...wish })).address).toBe(near.address);
    expect((await pools.acquire({ ...blue("b"), ...wish })).address).toBe("0000:01:10.0");
  });

  it("spreads over the PFs: the one with the fewest VFs in use is next", async () => {
    const { pools } = poolsOf(membersOn([1, 2, 3], 4));
    for (let n = 0; n < 6; n++) await pools.acquire(blue(`pod${n}`));
    const perPf = Map.groupBy(pools.leases(), ({ address }) => address.slice(5, 7));
    expect([...perPf].map(([bus, leases]) => [bus, leases.length])).toEqual([
      ["01", 2],
      ["02", 2],
      ["03", 2],
    ]);
  });

  it("lets a VF cool down, says for how long, and gives it to who asks for it by address", async () => {
    const { pools, clock } = poolsOf(membersOn([1], 1), { cooldownSeconds: 30 });
    const first = await pools.acquire(blue("a"));
    pools.release("a", first.generation);
    clock.now += 12_500;
    await expect(pools.acquire(blue("b"))).rejects.toThrow(
      "pool blue has no free VF: 0 of 1 are taken, 1 cool down, the first for another 18 s",
    );
    clock.now += 17_500;
    const second = await pools.acquire(blue("b"));
    pools.release("b", second.generation);
    expect((await pools.acquire({ ...blue("c"), address: first.address })).owner).toBe("c");
  });

  it("gives the VF that has been free longest", async () => {
    const { pools, clock } = poolsOf(membersOn([1], 3));
    const leases = await Promise.all(["a", "b", "c"].map((owner) => pools.acquire(blue(owner))));
    for (const i of [1, 2, 0]) {
      clock.now += 1000;
      pools.release(leases[i]?.owner ?? "", leases[i]?.generation ?? 0);
    }
    expect((await pools.acquire(blue("d"))).address).toBe(leases[1]?.address);
  });

  it("says who has the VFs when there are none left, and how many more when they are many", async () => {
    const { pools } = poolsOf(membersOn([1], 10));
    for (let n = 0; n < 10; n++) await pools.acquire(blue(`pod${n}:net1`));
    const error = await pools.acquire(blue("late:net1")).catch((reason) => reason);
    expect(error.code).toBe("exhausted");
    expect(error.message).toContain("10 of 10 are taken (0000:01:10.0 by pod0:net1, 0000:01:10.1");
    expect(error.message).toMatch(/by pod7:net1 and 2 more\)$/);
  });

  it("gives an attachment no second VF", async () => {
    const { pools } = poolsOf(membersOn([1], 2));
    await pools.acquire(blue("a"));
    await expect(pools.acquire(blue("a"))).rejects.toThrow("a has VF 0000:01:10.0 of pool blue");
  });
});

describe("the generation of a lease", () => {
  it("rises with each change of owner, whatever the VF", async () => {
    const { pools } = poolsOf(membersOn([1], 2));
    const first = await pools.acquire(blue("a"));
    const second = await pools.acquire(blue("b"));
    pools.release("a", first.generation);
    const third = await pools.acquire(blue("a"));
    expect([first, second, third].map(({ generation }) => generation)).toEqual([1, 2, 3]);
  });

  it("keeps a late release from touching the owner of now, also one of the same name", async () => {
    const { pools } = poolsOf(membersOn([1], 1));
    const first = await pools.acquire(blue("a"));
    expect(pools.release("a", first.generation)).toBe(first.address);
    const second = await pools.acquire(blue("a"));
    expect(pools.release("a", first.generation)).toBeNull();
    expect(pools.release("nobody", second.generation)).toBeNull();
    expect(pools.holds(first)).toBe(false);
    expect(pools.holds(second)).toBe(true);
  });
});

describe("the state of pools", () => {
  it("comes back after a restart: owners, generations and what is left of cooling down", async () => {
    const before = poolsOf(membersOn([1], 3), { cooldownSeconds: 10 });
    const a = await before.pools.acquire(blue("a"));
    const b = await before.pools.acquire(blue("b"));
    before.pools.release("b", b.generation);
    before.clock.now += 4000;
    const state = JSON.parse(JSON.stringify(before.pools.export()));
    const { pools, clock } = poolsOf(membersOn([1], 3), { cooldownSeconds: 10 });
    clock.now = 50;
    pools.restore(state);
    expect(pools.holds(a)).toBe(true);
    expect((await pools.acquire(blue("c"))).generation).toBe(3);
    await expect(pools.acquire(blue("d"))).rejects.toThrow("for another 6 s");
    clock.now += 6000;
    expect((await pools.acquire(blue("d"))).address).toBe(b.address);
  });

  it("keeps VFs that are not there any more with their owners", async () => {
    const { pools } = poolsOf(membersOn([1], 2));
    const lease = await pools.acquire(blue("a"));
    pools.setMembers([member(1, 1)]);
    expect(pools.holds(lease)).toBe(true);
    expect(pools.release("a", lease.generation)).toBe(lease.address);
    expect((await pools.acquire(blue("b"))).address).toBe("0000:01:10.1");
    await expect(pools.acquire(blue("c"))).rejects.toThrow("1 of 1 are taken");
  });

  it("is refused when it names a VF or an owner twice, and nothing changes", async () => {
    const { pools } = poolsOf(membersOn([1], 2));
    const { vf: _vf, warm: _warm, ...lease } = await pools.acquire(blue("a"));
    const twice = { generation: 5, cooling: [], leases: [lease, { ...lease, owner: "b" }] };
    expect(() => pools.restore(twice)).toThrow("saved leases name VF 0000:01:10.0 twice");
    twice.leases = [lease, { ...lease, address: "0000:01:10.1" }];
    expect(() => pools.restore(twice)).toThrow("saved leases name attachment a twice");
    expect(pools.leases()).toEqual([lease]);
  });
});
