import { join } from "node:path";
import { expect } from "vitest";
import { readResult } from "../../bench/report/read.ts";
import { startBench } from "../fixtures/bench-cli.ts";
import { bareScenario } from "../fixtures/scenario.ts";

bareScenario(
  "A setting is measured beside the usual configuration, and one that is refused says so",
  { needs: ["ethtool"], timeoutMs: 60_000 },
  async (scope) => {
    const json = join(scope.dir, "tune.json");
    const short = ["--trial", "0.5", "--rounds", "1", "--repeats", "0", "--no-tcp"];
    const args = ["tune", "--only", "gro-in-pods,zero-copy", ...short, "--json", json];
    const { status, stderr } = await startBench(scope, null, args).ended();
    expect(stderr).toContain("zero-copy left out: ");
    expect(status).toBe(0);
    const { reference, subjects, measurements, notes } = await readResult(json);
    expect(reference).toBe("millrace");
    expect(subjects.map(({ name }) => name)).toEqual(["millrace", "gro-in-pods"]);
    expect(subjects[1]?.description).toContain("ethtool -K eth0 gro on");
    expect(notes.join("\n")).toMatch(/zero-copy left out: .*mode zero-copy.*not supported/);
    for (const subject of ["millrace", "gro-in-pods"]) {
      const of = measurements.filter((one) => one.subject === subject);
      const value = (scenario: string, metric: string) =>
        of.find((one) => one.scenario === scenario && one.metric === metric)?.values[0] ?? 0;
      expect(value("route-64B-1flow-skb", "throughput")).toBeGreaterThan(1000);
      expect(value("route-64B-1flow-frame", "throughput")).toBeGreaterThan(1000);
      const delays = "route-64B-1flow-skb-10000pps";
      expect(value(delays, "latency-p50")).toBeGreaterThan(100);
      expect(value(delays, "latency-p99")).toBeGreaterThanOrEqual(value(delays, "latency-p50"));
    }
  },
);
