import { describe, expect, it } from "vitest";
import { normalNumbers } from "./fixture.ts";
import { differenceInterval, meanInterval, studentT } from "./interval.ts";

describe("studentT", () => {
  it("gives the published quantiles", () => {
    expect([1, 2, 4, 9, 10, 11, 30].map(studentT)).toEqual([
      12.706, 4.303, 2.776, 2.262, 2.228, 2.201, 2.042,
    ]);
    expect(studentT(60)).toBe(2);
    expect(studentT(1e6)).toBe(1.984);
  });

  it("is never smaller than it should be between two lines of the table", () => {
    expect(studentT(9.9)).toBe(2.262);
    expect(studentT(30.5)).toBe(2.042);
    expect(studentT(59)).toBe(2.021);
  });

  it("refuses what has no degree of freedom", () => {
    expect(() => studentT(0)).toThrow("0 degrees of freedom; at least 1 is needed");
  });
});

describe("meanInterval", () => {
  it("reaches t standard errors to each side", () => {
    // Mean 3, variance 2.5, standard error sqrt(0.5), 4 degrees of freedom.
    const { mean, low, high } = meanInterval([1, 2, 3, 4, 5]);
    expect(mean).toBe(3);
    expect(low).toBeCloseTo(3 - 2.776 * Math.SQRT1_2, 10);
    expect(high).toBeCloseTo(3 + 2.776 * Math.SQRT1_2, 10);
  });

  it("refuses a single value", () => {
    expect(() => meanInterval([7])).toThrow("1 values have no spread");
  });

  it("holds the true mean in 95 of 100 samples of five", () => {
    const normal = normalNumbers(1);
    let held = 0;
    for (let n = 0; n < 4000; n++) {
      const { low, high } = meanInterval(Array.from({ length: 5 }, normal));
      if (low <= 0 && high >= 0) held++;
    }
    expect(held / 4000).toBeGreaterThan(0.94);
    expect(held / 4000).toBeLessThan(0.96);
  });
});

describe("differenceInterval", () => {
  it("agrees with a published example of unequal variances and sizes: t = -1.57, 9.9 degrees", () => {
    const a = [17.2, 20.9, 22.6, 18.1, 21.7, 21.4, 23.5, 24.2, 14.7, 21.8];
    const b = [
      [21.5, 22.8, 21, 23, 21.6, 23.6, 22.5, 20.7, 23.4, 21.8],
      [20.7, 21.7, 21.5, 22.5, 23.6, 21.5, 22.5, 23.5, 21.5, 21.8],
    ].flat();
    const { mean, low, high } = differenceInterval(a, b);
    expect(mean).toBeCloseTo(1.525, 10);
    const error = (high - low) / 2 / studentT(9.9);
    expect(-mean / error).toBeCloseTo(-1.57, 2);
  });

  it("is a point when neither side scatters", () => {
    expect(differenceInterval([2, 2, 2], [5, 5, 5])).toEqual({ mean: 3, low: 3, high: 3 });
  });
});
