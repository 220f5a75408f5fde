import { join } from "node:path";
import { expect, test } from "vitest";
import { readResult } from "../../bench/report/read.ts";
import { startBench } from "../fixtures/bench-cli.ts";
import { whatIsMissing } from "../fixtures/needs.ts";
import { openScope } from "../harness/scope.ts";

test("Delays of devices are compared at shares of the throughput that each was found to have", {
  timeout: 180_000,
}, async ({ skip }) => {
  const missing = whatIsMissing(["root", "ethtool", "bridge"]);
  skip(missing !== "", missing);
  await using scope = await openScope("test");
  const json = join(scope.dir, "latency.json");
  const duts = ["--duts", "kernel-bridge,none", "--tasks", "bridge", "--reference", "none"];
  const load = ["--placement", "one-core", "--source", "skb", "--rounds", "2", "--trial", "0.4"];
  const { status, stdout } = await startBench(scope, null, [
    ...["compare", "--latency", ...duts, ...load, "--repeats", "0", "--json", json],
  ]).ended();
  expect(status, stdout).toBe(0);
  expect(stdout).toContain("latency-p99 of none");
  const { measurements } = await readResult(json);
  const values = (metric: string, subject: string, share = "") =>
    measurements.find(
      (one) =>
        one.metric === metric &&
        one.subject === subject &&
        one.scenario === `bridge-64B-1flow-skb-one-core${share}`,
    )?.values ?? [];
  for (const subject of ["kernel-bridge", "none"]) {
    const [found = 0] = values("pdr", subject);
    expect(found).toBeGreaterThan(1000);
    for (const [share, name] of [
      [0.1, "-10%"],
      [0.5, "-50%"],
      [0.9, "-90%"],
    ] as const) {
      expect(values("latency-p50", subject, name)).toHaveLength(2);
      // Busy machines hold the generator up; it never sends more.
      for (const rate of values("offered", subject, name)) {
        expect(rate).toBeLessThan(1.05 * share * found);
      }
      const [p50 = 0, p99 = 0] = [
        values("latency-p50", subject, name)[0],
        values("latency-p99", subject, name)[0],
      ];
      expect(p50).toBeGreaterThan(0);
      expect(p99).toBeGreaterThanOrEqual(p50);
    }
  }
});
