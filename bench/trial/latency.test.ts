import { describe, expect, it } from "vitest";
import { latencyOf } from "./latency.ts";

const delays = {
  count: 1000,
  sum: 1_200_000,
  min: 1003,
  max: 9050,
  jitter: 12,
  buckets: [
    [1000, 500],
    [1100, 400],
    [2000, 99],
    [9000, 1],
  ] as [number, number][],
};

describe("latencyOf", () => {
  it("reads percentiles off the buckets", () => {
    const expected = { p50: 1003, p90: 1100, p99: 2000, p999: 2000, min: 1003, max: 9050 };
    expect(latencyOf(delays)).toMatchObject(expected);
  });

  it("gives the mean of the delays themselves, not of the buckets", () => {
    expect(latencyOf(delays)?.mean).toBe(1200);
  });

  it("is null when no frame carried a time", () => {
    expect(latencyOf({ ...delays, count: 0, buckets: [] })).toBeNull();
  });
});
