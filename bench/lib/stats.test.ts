import { expect, test } from "vitest";
import { median, quantile, spread } from "./stats.ts";

test("the median of an even number of values lies between the middle two", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test("a quantile is interpolated and does not reorder its input", () => {
  const values = [30, 10, 20];
  expect(quantile(values, 0.95)).toBeCloseTo(29);
  expect(quantile(values, 0)).toBe(10);
  expect(values).toEqual([30, 10, 20]);
});

test("a spread has median and extremes", () => {
  expect(spread([5, 1, 9])).toEqual({ median: 5, min: 1, max: 9 });
});

test("no values have no quantile", () => {
  expect(() => quantile([], 0.5)).toThrow(RangeError);
});
