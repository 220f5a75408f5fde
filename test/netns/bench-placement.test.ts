import { join } from "node:path";
import { expect, test } from "vitest";
import { millraceLane } from "../../bench/duts/millrace.ts";
import { readResult } from "../../bench/report/read.ts";
import { Tester } from "../../bench/trial/tester.ts";
import { startBench } from "../fixtures/bench-cli.ts";
import { whatIsMissing } from "../fixtures/needs.ts";
import { bareScenario } from "../fixtures/scenario.ts";
import { ofProcesses, ofThreads } from "../harness/proc.ts";
import { openScope } from "../harness/scope.ts";

const load = { source: "frame", sizes: [{ bytes: 64, weight: 1 }], flows: 1, rate: 5000 } as const;

bareScenario(
  "With one core the worker of the agent is where the generator is, with its own it is not",
  { needs: ["ethtool"] },
  async (scope) => {
    const dut = await millraceLane.start(scope, "route");
    const { run } = await Tester.open(scope, dut.lane);
    for (const cores of ["one-core", "own-core"] as const) {
      for (const placement of dut.placements("frame", cores)) {
        await dut.prepare(placement);
        await run({ ...load, seconds: 0.4 });
        const cpu = cores === "one-core" ? "0" : "1";
        expect({ placement, cpus: cpusOfWorkers() }).toEqual({ placement, cpus: [cpu] });
      }
    }
  },
);

/** Of all agents that descend from this test; there is one. */
function cpusOfWorkers(): string[] {
  const agents = ofProcesses("status").filter(
    ({ text }) => Number(field(text, "PPid")) === process.pid,
  );
  return agents.flatMap(({ id }) =>
    ofThreads(id, "status")
      .filter(({ text }) => field(text, "Name").startsWith("mr-worker-"))
      .map(({ text }) => field(text, "Cpus_allowed_list")),
  );
}

const field = (status: string, name: string): string =>
  new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";

test("A comparison in which all devices have the same cores has ratios of its own", {
  timeout: 120_000,
}, async ({ skip }) => {
  const missing = whatIsMissing(["root", "ethtool", "afXdp"]);
  skip(missing !== "", missing);
  await using scope = await openScope("test");
  const json = join(scope.dir, "compare.json");
  const duts = ["--duts", "millrace-lane,kernel-vxlan", "--reference", "kernel-vxlan"];
  const what = ["--tasks", "vxlan-encap", "--placement", "one-core,own-core", "--source", "frame"];
  const load = ["--rounds", "2", "--trial", "0.4", "--repeats", "0", "--json", json];
  const { status, stdout } = await startBench(scope, null, [
    ...["compare", ...duts, ...what, ...load],
  ]).ended();
  expect(status).toBe(0);
  expect(stdout).toContain("of kernel-vxlan");
  const { measurements } = await readResult(json);
  const rates = measurements.filter(({ metric }) => metric === "throughput");
  const scenario = "vxlan-encap-64B-1flow-frame";
  expect(rates.map((one) => `${one.scenario} ${one.subject}`).toSorted()).toEqual([
    `${scenario}-one-core kernel-vxlan`,
    `${scenario}-one-core millrace-lane`,
    `${scenario}-own-core kernel-vxlan`,
    `${scenario}-own-core millrace-lane`,
  ]);
  for (const { scenario: name, placement, values } of rates) {
    expect(values).toHaveLength(2);
    expect(placement?.includes("CPU 0 with the sender")).toBe(name.endsWith("-one-core"));
  }
});
