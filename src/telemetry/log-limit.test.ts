import { expect, test } from "vitest";
import { LogLimit } from "./log-limit.ts";

test("So many lines a minute are let through, and the next one after says how many were not", () => {
  let now = 0;
  const limit = new LogLimit(2, () => now);
  expect([limit.admit(), limit.admit(), limit.admit(), limit.admit()]).toEqual([0, 0, null, null]);
  now = 59_999;
  expect(limit.admit()).toBeNull();
  now = 60_000;
  expect([limit.admit(), limit.admit(), limit.admit()]).toEqual([3, 0, null]);
});
