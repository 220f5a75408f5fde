import { expect, it } from "vitest";
import type { Load } from "../trial/types.ts";
import { simulate } from "./simulated.ts";
import { sweep } from "./sweep.ts";

it("each point has one trial per round, and every other round goes backwards", async () => {
  const log: Load[] = [];
  const arranged: number[] = [];
  const points = [1, 4, 16].map((flows) => ({
    x: flows,
    load: { source: "skb" as const, sizes: [], flows, rate: null, seconds: 1 },
    arrange: async () => void arranged.push(flows),
  }));
  const run = simulate({ capacity: 1_000_000 }, 1, log);
  const swept = await sweep(run, { points, rounds: 3, axis: "flows" });
  expect(log.map(({ flows }) => flows)).toEqual([1, 4, 16, 16, 4, 1, 1, 4, 16]);
  expect(arranged).toEqual([1, 4, 16, 16, 4, 1, 1, 4, 16]);
  expect(swept.map(({ x, trials }) => [x, trials.length])).toEqual([
    [1, 3],
    [4, 3],
    [16, 3],
  ]);
});
