import { expect, it } from "vitest";
import { loss, losslessRate } from "./loss.ts";
import { simulate } from "./simulated.ts";

const traffic = { source: "frame" as const, sizes: [{ bytes: 64, weight: 1 }], flows: 1 };
const shares = (points: Awaited<ReturnType<typeof loss>>) => points.map(({ share }) => share);

it("goes down in tenths of the maximum until two successive trials lose nothing", async () => {
  const run = simulate({ capacity: 650_000, generator: 1_000_000 });
  const points = await loss(run, { traffic, seconds: 1 });
  expect(shares(points)).toEqual([1, 0.9, 0.8, 0.7, 0.6, 0.5]);
  expect(points.map(({ trial }) => trial.lost)).toEqual([350_000, 250_000, 150_000, 50_000, 0, 0]);
  expect(losslessRate(points)).toBe(600_000);
});

it("takes what the generator can send as the maximum, unless one is given", async () => {
  const run = simulate({ capacity: 1_000_000, generator: 900_000 });
  const found = await loss(run, { traffic, seconds: 1 });
  expect(found.map(({ trial }) => trial.offeredPps)).toEqual([900_000, 810_000]);
  const given = await loss(run, { traffic, seconds: 1, maximum: 500_000 });
  expect(given.map(({ trial }) => trial.offeredPps)).toEqual([500_000, 450_000]);
});

it("ends at a tenth for a device that always loses", async () => {
  const run = simulate({ capacity: 1_000_000, randomLoss: 0.01 });
  const points = await loss(run, { traffic, seconds: 1 });
  expect(shares(points).at(-1)).toBe(0.1);
  expect(losslessRate(points)).toBe(0);
});

it("one trial without loss between others is not the end", async () => {
  const honest = simulate({ capacity: 10_000_000, generator: 1_000_000 });
  let trials = 0;
  const points = await loss(async (load) => ({ ...(await honest(load)), lost: ++trials % 2 }), {
    traffic,
    seconds: 1,
  });
  expect(points).toHaveLength(10);
});
