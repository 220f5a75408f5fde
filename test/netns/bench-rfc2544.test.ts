import { join } from "node:path";
import { expect, test } from "vitest";
import { readResult } from "../../bench/report/read.ts";
import { startBench } from "../fixtures/bench-cli.ts";
import { createLane } from "../fixtures/bench-lane.ts";
import { whatIsMissing } from "../fixtures/needs.ts";
import { openScope } from "../harness/scope.ts";

test("RFC 2544 between two interfaces: a rate, its delays, and a result that can be compared", {
  timeout: 60_000,
}, async ({ skip }) => {
  const missing = whatIsMissing(["root", "ethtool"]);
  skip(missing !== "", missing);
  await using scope = await openScope("test");
  const { tx, rx } = await createLane(scope);
  const json = join(scope.dir, "rfc2544.json");
  const ends = ["--tx", `${tx.netns}/${tx.ifname}`, "--rx", `${rx.netns}/${rx.ifname}`];
  const short = ["--trial", "0.5", "--final", "0.5", "--rounds", "1", "--repeats", "0"];
  const tests = ["--tests", "throughput,latency", "--resolution", "5", "--sizes", "64,1518"];
  const bench = startBench(scope, null, ["rfc2544", ...ends, ...short, ...tests, "--json", json]);
  const { status, stderr } = await bench.ended();
  expect(stderr).toContain("round 1 of 1, 64 B: overload: ");
  expect(status).toBe(0);
  const { scenarios, measurements } = await readResult(json);
  const names = ["path-64B-1flow-skb", "path-1518B-1flow-skb"];
  const latencies = ["", "-90%", "-50%", "-10%"];
  expect(scenarios.map(({ name }) => name)).toEqual(
    names.flatMap((name) => latencies.map((share) => `${name}${share}`)),
  );
  const value = (scenario: string, metric: string) =>
    measurements.find((one) => one.scenario === scenario && one.metric === metric)?.values[0] ?? 0;
  for (const name of names) {
    expect(value(name, "pdr")).toBeGreaterThanOrEqual(value(name, "ndr"));
    expect(value(name, "pdr")).toBeGreaterThan(1000);
    expect(value(name, "latency-p99")).toBeGreaterThanOrEqual(value(name, "latency-p50"));
  }
});
