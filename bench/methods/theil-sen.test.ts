import { describe, expect, it } from "vitest";
import { seeded } from "./simulated.ts";
import { theilSen } from "./theil-sen.ts";

const line = (count: number, of: (x: number) => number) =>
  Array.from({ length: count }, (_, x) => [x, of(x)] as const);

describe("the slope between all pairs of points", () => {
  it("is that of the line they are on", () => {
    expect(theilSen(line(20, (x) => 3 * x + 7))).toEqual({ slope: 3, low: 3, high: 3 });
  });

  it("does not follow points that are far off", () => {
    const { slope } = theilSen(line(21, (x) => (x % 5 === 2 ? 1e6 : 2 * x)));
    expect(slope).toBe(2);
  });

  it("is none of a single step", () => {
    const { slope, low } = theilSen(line(40, (x) => (x < 10 ? 0 : 100)));
    expect([slope, low]).toEqual([0, 0]);
  });

  it("has an interval with the true slope in it, nineteen times of twenty", () => {
    const random = seeded(3);
    const hits = Array.from({ length: 400 }, () => {
      const { low, high } = theilSen(line(30, (x) => 0.5 * x + 20 * (random() - 0.5)));
      return low <= 0.5 && 0.5 <= high;
    }).filter(Boolean).length;
    expect(hits / 400).toBeGreaterThan(0.92);
    expect(hits / 400).toBeLessThan(0.98);
  });

  it("may be anything where points are too few", () => {
    const open = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
    expect(theilSen(line(3, (x) => x))).toEqual({ slope: 1, ...open });
    expect(theilSen([])).toEqual({ slope: 0, ...open });
  });
});
