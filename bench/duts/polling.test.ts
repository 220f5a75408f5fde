import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { Child } from "../lib/child.ts";
import { pollingPlacement } from "./polling.ts";

const stateOf = (pid: number) =>
  /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];

test("a device that polls is stopped but for its trials", async () => {
  await using child = await Child.start("sh", ["-c", "while :; do :; done"]);
  const { prepare, rest } = pollingPlacement(child);
  const states: (string | undefined)[] = [];
  for (const step of [async () => {}, () => prepare(""), rest]) {
    await step();
    await delay(20);
    states.push(stateOf(child.pid));
  }
  expect(states).toEqual(["T", "R", "T"]);
});

test("a device that died during a trial is an error with its last words", async () => {
  await using child = await Child.start("sh", ["-c", "read line; echo no more buffers; exit 3"]);
  const { prepare, rest } = pollingPlacement(child);
  await prepare("");
  await child.ask("");
  while (child.running) await delay(5);
  await expect(rest()).rejects.toThrow(/ended; it said:\nno more buffers/);
  await expect(prepare("")).rejects.toThrow(/no more buffers/);
});
