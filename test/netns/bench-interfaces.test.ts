import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { readResult } from "../../bench/report/read.ts";
import { startBench } from "../fixtures/bench-cli.ts";
import { whatIsMissing } from "../fixtures/needs.ts";
import { createNamespace, type Namespace } from "../harness/namespace.ts";
import { must } from "../harness/run.ts";
import { openScope, type Scope } from "../harness/scope.ts";

const missing = whatIsMissing(["root"]);

let scope: Scope;
/** Stands for the machine that millrace bench runs on. */
let machine: Namespace;
let far: Namespace;

beforeAll(async () => {
  if (missing !== "") return;
  scope = await openScope("test");
  machine = await createNamespace(scope, "machine");
  far = await createNamespace(scope, "far");
  for (const ifname of ["up0", "test0"]) {
    const end = (netns: string) => [
      "name",
      ifname,
      "netns",
      netns,
      "numrxqueues",
      "1",
      "numtxqueues",
      "1",
    ];
    await must("ip", [
      "link",
      "add",
      ...end(machine.name),
      "type",
      "veth",
      "peer",
      ...end(far.name),
    ]);
    for (const { name } of [machine, far])
      await must("ip", ["-n", name, "link", "set", ifname, "up"]);
  }
  await machine.must("ip", ["address", "add", "10.7.0.1/24", "dev", "up0"]);
  await machine.must("ip", ["route", "add", "default", "via", "10.7.0.2"]);
});

afterAll(() => scope?.[Symbol.asyncDispose]());

async function bench(context: TestContext, ...args: string[]) {
  context.skip(missing !== "", missing);
  return startBench(scope, machine.name, args).ended();
}

describe("the interfaces of --tx and --rx", () => {
  it("are never that of the default route, whatever one forces", async (context) => {
    const far0 = `${far.name}/up0`;
    for (const ends of [
      ["--tx", "up0", "--rx", far0],
      ["--tx", "test0", "--rx", "up0"],
    ]) {
      const { status, stderr } = await bench(context, "pps", ...ends, "--force");
      expect(status).toBe(1);
      expect(stderr).toMatch(/^millrace: --[tr]x up0: carries the default route of this machine/);
    }
    const show = ["-json", "-n", machine.name, "link", "show", "up0"];
    expect(await must("ip", show)).not.toContain('"xdp"');
  });

  it("are not in use by others, unless one forces it", async (context) => {
    await far.must("ip", ["address", "replace", "10.8.0.1/24", "dev", "test0"]);
    const rx = `${far.name}/test0`;
    const { status, stderr } = await bench(context, "pps", "--tx", "test0", "--rx", rx);
    expect(status).toBe(1);
    expect(stderr).toBe(
      `millrace: --rx ${rx}: is in use, it carries 10.8.0.1: --force takes it all the same, and nothing else gets through meanwhile\n`,
    );
    await far.must("ip", ["address", "flush", "dev", "test0"]);
  });

  it("are loaded when nobody uses them, and a line tells of each trial", async (context) => {
    const [json, html] = ["json", "html"].map((kind) => join(scope.dir, `result.${kind}`));
    const { status, stdout, stderr } = await bench(
      context,
      ...["pps", "--tx", "test0", "--rx", `${far.name}/test0`, "--name", "wire"],
      ...["--rounds", "2", "--trial", "0.5", "--repeats", "0", "--flows", "16"],
      ...["--json", json ?? "", "--html", html ?? ""],
    );
    expect(stderr).toContain(`written    ${json}\n`);
    expect(status).toBe(0);
    const line = /^round 2 of 2: path-64B-16flows-skb: wire on as it is: [\d.]+ of [\d.]+ Mpps/m;
    expect(stderr).toMatch(line);
    expect(stdout).toContain("wire");
    const { command, measurements, method, subjects } = await readResult(json ?? "");
    expect(command.slice(0, 3)).toEqual(["millrace", "bench", "pps"]);
    expect(method).toBe("pps");
    expect(subjects).toEqual([
      { name: "wire", description: `what is between test0 and ${far.name}/test0` },
    ]);
    const throughput = measurements.find(({ metric }) => metric === "throughput");
    expect(throughput?.values).toHaveLength(2);
    for (const rate of throughput?.values ?? []) expect(rate).toBeGreaterThan(10_000);
    expect(readFileSync(html ?? "", "utf8")).toContain("<svg");
  });

  it("are told apart from those that do not exist", async (context) => {
    const { stderr } = await bench(context, "pps", "--tx", "test9", "--rx", "test0");
    expect(stderr).toMatch(/^millrace: --tx test9: there is no interface test9; there are lo, /);
  });
});
