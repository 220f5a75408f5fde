import { expect, it } from "vitest";
import type { Load } from "../trial/types.ts";
import { latency } from "./latency.ts";
import { simulate } from "./simulated.ts";

const traffic = { source: "skb" as const, sizes: [{ bytes: 64, weight: 1 }], flows: 1 };
const options = { traffic, rate: 500_000, shares: [1, 0.5, 0.1], seconds: 2, repeats: 3 };

it("measures each share of the throughput, one after another in each repetition", async () => {
  const log: Load[] = [];
  const points = await latency(simulate({ capacity: 1_000_000 }, 1, log), options);
  expect(log.map(({ rate }) => rate)).toEqual(Array(3).fill([500_000, 250_000, 50_000]).flat());
  expect(points.map(({ trials }) => trials.length)).toEqual([3, 3, 3]);
  expect(points.map(({ trials }) => trials[0]?.latency?.p50)).toEqual([15_000, 12_500, 10_500]);
});

it("refuses to report delays that no frame carried", async () => {
  const run = simulate({ capacity: 1_000_000 });
  const silent = async (load: Load) => ({ ...(await run(load)), latency: null });
  await expect(latency(silent, options)).rejects.toThrow(/latency at 100 %.*no frame carried/);
});
