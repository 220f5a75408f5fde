import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { raiseSessionOf } from "./priority.ts";

/** The parent of kernel threads, which belong to no autogroup. */
const kthreadd = 2;

test("a process without an autogroup is left as it is", () => {
  expect(() => raiseSessionOf(kthreadd)).not.toThrow();
});

test("a process that is gone is left alone", () => {
  const pastEnd = Number(readFileSync("/proc/sys/kernel/pid_max", "utf8")) + 1;
  expect(() => raiseSessionOf(pastEnd)).not.toThrow();
});
