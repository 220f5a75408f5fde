import { Writable } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLogger } from "../telemetry/log.ts";
import { Half } from "./etcd-half.ts";

const GRACE_MS = 10_000;
let warnings: string[] = [];
let half: Half;

beforeEach(() => {
  vi.useFakeTimers();
  warnings = [];
  const output = new Writable({
    write(line, _encoding, done) {
      warnings.push(JSON.parse(line).reason);
      done();
    },
  });
  half = new Half("reading", GRACE_MS, createLogger("warn", output));
});

afterEach(() => void vi.useRealTimers());

test("A reason is logged once while the store is away, whichever member it is, and again later", () => {
  for (let i = 0; i < 20; i++) half.failed(`m${i % 3}`, new Error(i % 5 ? "refused" : "late"));
  expect(warnings).toEqual(["m0: late", "m1: refused"]);
  expect(half).toMatchObject({ connected: false, error: "m1: refused" });
  half.works("m1");
  expect(half).toMatchObject({ connected: true, error: "" });
  half.failed("m1", new Error("refused. Resolution note: "));
  expect(warnings.slice(2)).toEqual(["m1: refused"]);
});

test("Grace begins with a failure and ends when it has worked since then, and long enough", () => {
  expect(half.graceLeftMs).toBe(0);
  half.works("m0");
  expect(half.graceLeftMs).toBe(0);
  half.failed("m0", new Error("refused"));
  vi.advanceTimersByTime(2 * GRACE_MS);
  expect(half.graceLeftMs).toBe(GRACE_MS);
  half.failed("m0", new Error("refused"));
  vi.advanceTimersByTime(4000);
  half.works("m0");
  expect(half.graceLeftMs).toBe(6000);
  vi.advanceTimersByTime(6000);
  expect(half.graceLeftMs).toBe(0);
});
