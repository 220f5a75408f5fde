import fc from "fast-check";
import { expect, test } from "vitest";
import { type Path, PathWorld, reached, silent } from "./path-mtu-fixture.ts";

const PEER = "10.0.0.2";

const hop = fc.record({ mtu: fc.integer({ min: 300, max: 9000 }), tells: fc.boolean() });
const weather = fc.record({
  hops: fc.array(hop, { maxLength: 3 }),
  away: fc.boolean(),
  linkMtu: fc.constantFrom(1280, 1500, 9000),
  /** What a broken router tells instead of its MTU. */
  lie: fc.option(fc.integer({ min: 0, max: 10_000 })),
  seconds: fc.integer({ min: 1, max: 700 }),
});
type Weather = typeof weather extends fc.Arbitrary<infer T> ? T : never;

function pathOf({ hops, away, lie }: Weather): Path {
  return (bytes) => {
    if (away) return silent;
    const first = hops.find(({ mtu }) => bytes > mtu);
    if (!first) return reached;
    return first.tells ? { outcome: "too-big", mtu: lie ?? first.mtu } : silent;
  };
}

test("Whatever becomes of a path, what is said of it in the end is true of it", async () => {
  const property = fc.asyncProperty(
    fc.array(weather, { minLength: 1, maxLength: 5 }),
    async (all) => {
      const world = new PathWorld();
      world.add(PEER, () => reached);
      for (const one of all) {
        world.peers = world.peers.map((peer) => ({ ...peer, linkMtu: one.linkMtu }));
        world.paths.set(PEER, pathOf(one));
        await world.pass(one.seconds);
      }
      await world.pass(1500);
      const last = all.at(-1) as Weather;
      const view = world.view(PEER);
      const longest = Math.min(last.linkMtu, ...last.hops.map(({ mtu }) => mtu));
      const mtu = view?.mtu ?? -1;
      if (view?.state === "unknown") {
        // Its base size does not pass, or nothing does.
        expect(last.away || longest < 1200).toBe(true);
        return;
      }
      expect(last.away).toBe(false);
      expect(mtu).toBeLessThanOrEqual(longest);
      expect(mtu).toBeGreaterThan(longest - 8);
      expect(view?.state === "ok").toBe(mtu === last.linkMtu);
      expect(world.applied.at(-1)?.mtu).toBe(mtu);
    },
  );
  await fc.assert(property, { numRuns: 60 });
}, 60_000);
