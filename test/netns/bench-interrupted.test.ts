import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readResult } from "../../bench/report/read.ts";
import { startBench } from "../fixtures/bench-cli.ts";
import { whatIsMissing } from "../fixtures/needs.ts";
import { NETNS_DIR } from "../harness/namespace.ts";
import { run } from "../harness/run.ts";
import { openScope } from "../harness/scope.ts";

/** Namespaces, directories and processes of a run: names hold its PID, and command lines hold names. */
function madeBy(pid: number): string[] {
  const ours = `mr-bench-${pid}x`;
  const names = [NETNS_DIR, tmpdir()].flatMap((dir) => readdirSync(dir));
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const commands = pids.map((one) => {
    try {
      return readFileSync(`/proc/${one}/cmdline`, "utf8");
    } catch {
      return ""; // ended between the two calls
    }
  });
  return [...names, ...commands].filter((text) => text.includes(ours));
}

test("a benchmark that is interrupted keeps its finished rounds and leaves nothing behind", async ({
  skip,
}) => {
  const missing = whatIsMissing(["root"]);
  skip(missing !== "", missing);
  await using scope = await openScope("test");
  const json = join(scope.dir, "result.json");
  const args = ["--dut", "none", "--trial", "0.5", "--repeats", "0", "--rounds", "50"];
  const bench = startBench(scope, null, ["pps", ...args, "--json", json]);
  await bench.until((progress) => progress.includes("round 3 of 50"));
  expect(madeBy(bench.pid)).not.toEqual([]);
  bench.signal("SIGINT");
  bench.signal("SIGINT");
  const { status, stdout, stderr } = await bench.ended();
  expect(status).toBe(130);
  expect(stderr).toMatch(/millrace: interrupted by SIGINT; what it made is removed\n$/);
  expect(madeBy(bench.pid)).toEqual([]);
  expect(stdout).toContain("throughput");
  const { measurements, notes } = await readResult(json);
  expect(measurements[0]?.values.length).toBeGreaterThanOrEqual(2);
  expect(notes).toContain("ended early, with what was finished until then: interrupted by SIGINT");
});

test("a terminal interrupts the programs of a benchmark too, whose end is no failure of a device", async ({
  skip,
}) => {
  const missing = whatIsMissing(["root", "ethtool", "bridge"]);
  skip(missing !== "", missing);
  await using scope = await openScope("test");
  const json = join(scope.dir, "result.json");
  const devices = ["--duts", "none,kernel-bridge", "--tasks", "bridge", "--source", "skb"];
  const short = ["--trial", "0.4", "--repeats", "0", "--rounds", "50"];
  const bench = startBench(scope, null, ["compare", ...devices, ...short, "--json", json]);
  await bench.until((progress) => progress.includes("round 2 of 50"));
  const children = readFileSync(`/proc/${bench.pid}/task/${bench.pid}/children`, "utf8");
  await run("kill", ["-INT", ...children.trim().split(" ")]);
  bench.signal("SIGINT");
  const { status, stderr } = await bench.ended();
  expect(stderr).toMatch(/millrace: interrupted by SIGINT; what it made is removed\n$/);
  expect(status).toBe(130);
  expect(madeBy(bench.pid)).toEqual([]);
  const { notes, subjects } = await readResult(json);
  expect(notes.filter((note) => note.includes("left out"))).toEqual([]);
  expect(subjects).toHaveLength(2);
});

test("one that is interrupted while it sets up has nothing to write, and leaves nothing behind", async ({
  skip,
}) => {
  const missing = whatIsMissing(["root"]);
  skip(missing !== "", missing);
  await using scope = await openScope("test");
  const bench = startBench(scope, null, ["pps", "--dut", "kernel-route"]);
  await bench.until(() => madeBy(bench.pid).length > 1);
  bench.signal("SIGTERM");
  const { status, stdout } = await bench.ended();
  expect(status).toBe(130);
  expect(stdout).toBe("");
  expect(madeBy(bench.pid)).toEqual([]);
});
