import { join } from "node:path";
import { expect, test } from "vitest";
import { vitals } from "../../bench/churn/vitals.ts";
import { readResult } from "../../bench/report/read.ts";
import { startBench } from "../fixtures/bench-cli.ts";
import { whatIsMissing } from "../fixtures/needs.ts";
import { openScope } from "../harness/scope.ts";

const TIMEOUT_MS = 120_000;
const counted = ["bpf-programs", "bpf-maps", "bpf-links", "packets-unaccounted"];

test("While pods come and go under load, nothing of theirs stays and every packet is accounted for", {
  timeout: TIMEOUT_MS,
}, async ({ skip }) => {
  const missing = whatIsMissing(["root", "afXdp", "ethtool"]);
  skip(missing !== "", missing);
  await using scope = await openScope("test");
  const json = join(scope.dir, "churn.json");
  const churn = ["--churn", "4", "--window", "2s", "--settle", "1s", "--duration", "16s"];
  const { stdout, stderr, status } = await startBench(scope, null, [
    ...["soak", "--dut", "millrace-lane", ...churn, "--placement"],
    ...["CPU 1 of its own, polling while there is traffic", "--json", json],
  ]).ended();
  expect(stderr).toMatch(/^window 2 at overload, [1-9]\d* pods gone/m);
  const { measurements, notes, series } = await readResult(json);
  const verdict = notes.find((note) => note.includes("verdict: ")) ?? "";
  expect(status, stdout).toBe(verdict.includes("GROWS") ? 1 : 0);
  expect(verdict).not.toContain("FAILED");
  for (const name of counted) expect(verdict).toMatch(new RegExp(`flat: .*\\b${name}\\b`));
  expect(notes.join("\n")).toMatch(
    /[1-9]\d* pods came and went .*, [1-9]\d* with a flow in the lane/,
  );
  const metrics = new Set(measurements.map(({ metric }) => metric));
  const titles = series.map(({ title }) => title);
  for (const { name } of vitals) {
    expect(metrics).toContain(name);
    expect(titles).toContain(`${name} over time`);
  }
});

test("A device that no pod can join is refused for churn", {
  timeout: TIMEOUT_MS,
}, async ({ skip }) => {
  const missing = whatIsMissing(["root", "ethtool"]);
  skip(missing !== "", missing);
  await using scope = await openScope("test");
  const { status, stderr } = await startBench(scope, null, [
    ...["soak", "--dut", "kernel-route", "--churn", "1", "--trial", "0.4"],
  ]).ended();
  expect(status).toBe(1);
  expect(stderr).toContain("--churn: no pod can join kernel-route as it is set up; millrace and");
});
