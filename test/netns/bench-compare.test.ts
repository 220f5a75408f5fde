import { join } from "node:path";
import { expect, test } from "vitest";
import { readResult } from "../../bench/report/read.ts";
import { startBench } from "../fixtures/bench-cli.ts";
import { whatIsMissing } from "../fixtures/needs.ts";
import { openScope } from "../harness/scope.ts";

test("Devices are measured side by side, round by round, with ratios to one of them", {
  timeout: 60_000,
}, async ({ skip }) => {
  const missing = whatIsMissing(["root", "ethtool", "bridge"]);
  skip(missing !== "", missing);
  await using scope = await openScope("test");
  const [json, markdown] = ["json", "md"].map((kind) => join(scope.dir, `compare.${kind}`));
  const duts = ["--duts", "kernel-bridge,none", "--tasks", "bridge", "--reference", "none"];
  const load = ["--source", "skb,frame", "--rounds", "2", "--trial", "0.4", "--repeats", "0"];
  const files = ["--json", json ?? "", "--markdown", markdown ?? ""];
  const { status, stdout, stderr } = await startBench(scope, null, [
    ...["compare", ...duts, ...load, ...files],
  ]).ended();
  expect(stderr).toMatch(/^round 1 of 2: bridge-64B-1flow-skb: kernel-bridge on /m);
  expect(status).toBe(0);
  expect(stdout).toContain("of none");
  const { measurements, reference, scenarios } = await readResult(json ?? "");
  expect(reference).toBe("none");
  expect(scenarios.map(({ name }) => name)).toEqual([
    "bridge-64B-1flow-skb",
    "bridge-64B-1flow-frame",
  ]);
  const rates = measurements.filter(({ metric }) => metric === "throughput");
  expect(rates.map(({ scenario, subject }) => `${scenario} ${subject}`).toSorted()).toEqual([
    "bridge-64B-1flow-frame kernel-bridge",
    "bridge-64B-1flow-frame none",
    "bridge-64B-1flow-skb kernel-bridge",
    "bridge-64B-1flow-skb none",
  ]);
  for (const { values, placement } of rates) {
    expect(values).toHaveLength(2);
    expect(placement).not.toBe("");
    for (const rate of values) expect(rate).toBeGreaterThan(1000);
  }
});
