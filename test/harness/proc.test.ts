import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { ofProcesses, ofThreads } from "./proc.ts";

test("each thread of a process is read, and one process among all", () => {
  expect(ofThreads(process.pid, "stat").map(({ id }) => Number(id))).toContain(process.pid);
  const mine = ofProcesses("comm").filter(({ id }) => Number(id) === process.pid);
  expect(mine).toHaveLength(1);
});

test("processes that end while all are read are left out", async () => {
  const ended = Array.from({ length: 50 }, () => {
    const child = spawn("true");
    return new Promise((resolve) => child.once("exit", resolve));
  });
  let reading = true;
  const all = Promise.all(ended).then(() => {
    reading = false;
  });
  while (reading) {
    expect(ofProcesses("stat").every(({ text }) => text !== "")).toBe(true);
    await new Promise(setImmediate);
  }
  await all;
});

test("a process that is not there is an error", () => {
  expect(() => ofThreads(0, "comm")).toThrow("ENOENT");
});
