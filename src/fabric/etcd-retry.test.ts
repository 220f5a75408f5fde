import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bounded } from "./etcd-bounded.ts";
import { keepTrying } from "./etcd-retry.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("Each member is tried in turn, ever more slowly, but at least at the longest pause", async () => {
  const abort = new AbortController();
  const tried: { endpoint: string; at: number }[] = [];
  const errors: string[] = [];
  const done = keepTrying({
    endpoints: ["a", "b", "c"],
    maxPauseMs: 2000,
    signal: abort.signal,
    attempt: async (endpoint) => {
      tried.push({ endpoint, at: performance.now() });
      throw new Error("away");
    },
    failed: (endpoint, error) => errors.push(`${endpoint}: ${error.message}`),
  });
  await vi.advanceTimersByTimeAsync(20_000);
  abort.abort();
  await done;
  for (const [i, { endpoint }] of tried.entries()) {
    expect(endpoint).toBe(tried[i % 3]?.endpoint);
    expect(errors[i]).toBe(`${endpoint}: away`);
  }
  expect(new Set(tried.slice(0, 3).map(({ endpoint }) => endpoint)).size).toBe(3);
  const pauses = tried.slice(1).map(({ at }, i) => at - (tried[i]?.at ?? 0));
  expect(pauses[0]).toBeLessThanOrEqual(101);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(2001);
  expect(Math.min(...pauses.slice(6))).toBeGreaterThanOrEqual(999);
});

test("What worked for a while is tried again soon; what only seemed to work is not", async () => {
  const abort = new AbortController();
  const starts: number[] = [];
  const done = keepTrying({
    endpoints: ["a"],
    maxPauseMs: 5000,
    signal: abort.signal,
    attempt: async (_, steady) => {
      starts.push(performance.now());
      if (starts.length > 8) steady();
      if (starts.length === 10) await new Promise((resolve) => setTimeout(resolve, 6000));
      throw new Error("away");
    },
    failed: () => {},
  });
  await vi.advanceTimersByTimeAsync(60_000);
  abort.abort();
  await done;
  const pause = (i: number) => (starts[i + 1] ?? 0) - (starts[i] ?? 0);
  expect(pause(8)).toBeGreaterThanOrEqual(2499);
  expect(pause(9)).toBeLessThanOrEqual(6000 + 101);
});

test("An answer that does not come is an error after the limit, and at once when all is over", async () => {
  const abort = new AbortController();
  const never = new Promise(() => {});
  const late = expect(bounded("reading", never, 3000, abort.signal)).rejects.toThrow(
    "reading: no answer within 3000 ms",
  );
  await vi.advanceTimersByTimeAsync(3000);
  await late;
  const over = expect(bounded("reading", never, 3000, abort.signal)).rejects.toThrow("closed");
  abort.abort(new Error("closed"));
  await over;
  // A failure that comes when nobody waits any more must not end the process.
  const failed = bounded("reading", Promise.reject(new Error("no")), 1, abort.signal);
  await expect(failed).rejects.toThrow("closed");
});
