import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { must } from "../../test/harness/run.ts";
import { nativeCases } from "./cases.ts";
import { parseTimes, program } from "./group.ts";

it("knows every case of the program, and no other", async ({ skip }) => {
  if (!existsSync(program)) skip("Google Benchmark was not installed when the build was made");
  const listed = await must(program, ["--benchmark_list_tests"]);
  expect(nativeCases.map(({ name }) => name)).toEqual(listed.trim().split("\n"));
});

it("reads the time of an operation from each repetition, and leaves aggregates out", () => {
  const benchmarks = [
    { run_name: "a", run_type: "iteration", items_per_second: 1e9 },
    { run_name: "b", run_type: "iteration", items_per_second: 2e8 },
    { run_name: "a", run_type: "iteration", items_per_second: 5e8 },
    { run_name: "a", run_type: "aggregate", items_per_second: 1 },
  ];
  expect([...parseTimes(JSON.stringify({ benchmarks }))]).toEqual([
    ["a", [1, 2]],
    ["b", [5]],
  ]);
});
