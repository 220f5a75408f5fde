import { expect, test } from "vitest";
import { otherPrefix, routeChanges } from "./routed.ts";

test("a million routes are a million prefixes, none of which test frames take", () => {
  const count = 1_000_000;
  const { op, prefixes } = routeChanges(0, count);
  expect([op, prefixes.length, new Set(prefixes).size]).toEqual(["add", count, count]);
  expect(prefixes.some((prefix) => prefix.startsWith("10."))).toBe(false);
  expect(otherPrefix(count - 1)).toBe("35.66.63.0/24");
});

test("prefixes are of all lengths from 24 to 32 bits", () => {
  const lengths = Array.from({ length: 9 }, (_, at) => Number(otherPrefix(at).split("/")[1]));
  expect(lengths).toEqual([24, 25, 26, 27, 28, 29, 30, 31, 32]);
});

test("a smaller table gives back what a larger one has more", () => {
  expect(routeChanges(3, 1)).toEqual({ op: "del", prefixes: ["20.0.1.0/25", "20.0.2.0/26"] });
  expect(routeChanges(2, 2).prefixes).toEqual([]);
});
