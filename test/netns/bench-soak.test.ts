import { join } from "node:path";
import { expect, test } from "vitest";
import { median } from "../../bench/lib/stats.ts";
import { readResult } from "../../bench/report/read.ts";
import { startBench } from "../fixtures/bench-cli.ts";
import { createLane } from "../fixtures/bench-lane.ts";
import { whatIsMissing } from "../fixtures/needs.ts";
import { openScope } from "../harness/scope.ts";
import { sweepLeftovers } from "../harness/sweep.ts";

test("a soak that is killed keeps the windows that had ended", async ({ skip }) => {
  const missing = whatIsMissing(["root", "ethtool"]);
  skip(missing !== "", missing);
  await using scope = await openScope("test");
  const { tx, rx } = await createLane(scope);
  const json = join(scope.dir, "soak.json");
  const ends = ["--tx", `${tx.netns}/${tx.ifname}`, "--rx", `${rx.netns}/${rx.ifname}`];
  const load = ["--rate", "10000", "--window", "0.5s", "--duration", "10m", "--json", json];
  const bench = startBench(scope, null, ["soak", ...ends, ...load]);
  await bench.until((progress) => progress.includes("window 4 at 10 000 frames/s"));
  bench.signal("SIGKILL");
  expect((await bench.ended()).status).toBeNull();
  await sweepLeftovers();
  const { measurements, series } = await readResult(json);
  const rates = measurements.find(({ metric }) => metric === "throughput")?.values ?? [];
  expect(rates.length).toBeGreaterThanOrEqual(3);
  expect(Math.abs(median(rates) / 10_000 - 1)).toBeLessThan(0.1);
  expect(series.map(({ title }) => title)).toContain("latency-p99 over time");
});
