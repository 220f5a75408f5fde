import fc from "fast-check";
import { expect, it } from "vitest";
import type { Load } from "../trial/types.ts";
import { backToBack } from "./back-to-back.ts";
import { simulate } from "./simulated.ts";

const traffic = { source: "frame" as const, sizes: [{ bytes: 64, weight: 1 }], flows: 1 };
const options = { traffic, seconds: 2, repeats: 3 };

it("finds the longest burst of any device within the resolution", async () => {
  const devices = fc.record({
    capacity: fc.integer({ min: 100_000, max: 1_000_000 }),
    queue: fc.integer({ min: 1, max: 100_000 }),
  });
  await fc.assert(
    fc.asyncProperty(devices, async ({ capacity, queue }) => {
      const generator = 2 * capacity;
      const { frames, trials } = await backToBack(
        simulate({ capacity, queue, generator }),
        options,
      );
      // The queue fills at half the rate of the burst, and part of a frame is none.
      const longest = Math.min(2 * (queue + 1), generator * options.seconds);
      for (const found of frames) {
        expect(found).toBeLessThanOrEqual(longest + 1);
        expect(found).toBeGreaterThanOrEqual(longest * 0.99 - 2);
      }
      expect(trials.length).toBeLessThan(3 * 2 * 30);
    }),
  );
});

it("takes off what the device forwards while the burst comes in", async () => {
  const run = simulate({ capacity: 500_000, queue: 5000, generator: 1_000_000 });
  const found = await backToBack(run, { ...options, throughput: 500_000 });
  expect(found.bufferSeconds).toBeCloseTo(0.01, 3);
  expect(found.correctedBufferSeconds).toBeCloseTo(0.005, 3);
});

it("says when no burst is too long", async () => {
  const run = simulate({ capacity: 2_000_000, generator: 1_000_000 });
  const { frames, unlimited, trials } = await backToBack(run, options);
  expect(frames).toEqual([2_000_000, 2_000_000, 2_000_000]);
  expect(unlimited).toBe(true);
  expect(trials).toHaveLength(4);
});

it("finds nothing on a device that lets nothing through, and ends", async () => {
  const log: Load[] = [];
  const run = simulate({ capacity: 1_000_000, generator: 1_000_000 }, 1, log);
  const dead = async (load: Load) => ({ ...(await run(load)), lost: 1 });
  expect((await backToBack(dead, options)).frames).toEqual([0, 0, 0]);
  expect(log.length).toBeLessThan(200);
});

it("a loss that does not come again is no end of the search", async () => {
  const honest = simulate({ capacity: 500_000, queue: 5000, generator: 1_000_000 });
  let trials = 0;
  const shaken = async (load: Load) => {
    const trial = await honest(load);
    return ++trials % 7 === 3 ? { ...trial, lost: trial.lost + 1 } : trial;
  };
  const { frames } = await backToBack(shaken, { ...options, repeats: 5 });
  for (const found of frames) expect(Math.abs(found - 10_000)).toBeLessThan(110);
});

it("tries the longest burst before it is content with less", async () => {
  // Loses once at overload, and carries every burst.
  const honest = simulate({ capacity: 2_000_000, generator: 1_000_000 });
  let trials = 0;
  const run = async (load: Load) => ({ ...(await honest(load)), lost: ++trials === 1 ? 1 : 0 });
  const { frames } = await backToBack(run, { ...options, repeats: 1 });
  expect(frames).toEqual([2_000_000]);
});
