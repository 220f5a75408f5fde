import { expect, test } from "vitest";
import { descendants, ownSeconds, parseStat, watchOthers } from "./cpu-time.ts";

test("a command with spaces and parentheses does not shift the fields of /proc/PID/stat", () => {
  const line = "12 (tmux: (a) b) S 7 12 12 0 -1 4194560 1 2 3 4 150 50 20 30 20 0 1 0 99 1 1";
  expect(parseStat(line)).toEqual({ pid: 12, parent: 7, seconds: 2.5 });
});

test("descendants are found whatever the order of the processes", () => {
  const all = [
    { pid: 3, parent: 2, seconds: 0 },
    { pid: 2, parent: 1, seconds: 0 },
    { pid: 9, parent: 8, seconds: 0 },
  ];
  expect(descendants(all, 1)).toEqual(new Set([1, 2, 3]));
});

test("our own work counts as ours and not as that of others", () => {
  const nobody = -1;
  const [usedByAll, usedByOthers] = [watchOthers(nobody), watchOthers()];
  const before = ownSeconds(process.pid);
  const end = performance.now() + 300;
  while (performance.now() < end);
  const [all, others] = [usedByAll(), usedByOthers()];
  const own = (ownSeconds(process.pid) - before) / 0.3;
  expect(own).toBeGreaterThan(0.05);
  // One counts in ticks of 10 ms, the other in nanoseconds.
  expect(Math.abs(all - others - own)).toBeLessThan(0.3);
});
