import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Draft } from "../../bench/commands/draft.ts";
import { CLI } from "../../test/harness/paths.ts";
import { run } from "../../test/harness/run.ts";
import { cliForGuests } from "../../test/harness/vm-cli.ts";
import { root } from "../setup/run.mjs";

const dir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
afterAll(() => rmSync(dir, { recursive: true }));

const bench = (...args: string[]) => run(process.execPath, [CLI, "bench", ...args]);

describe("millrace bench", () => {
  it("lists its commands, and shows the options of one", async () => {
    const { exitCode, stdout } = await bench("--help");
    expect(exitCode).toBe(0);
    for (const command of ["rfc2544", "pps", "soak", "compare", "diff"]) {
      expect(stdout).toContain(`\n  ${command} `);
    }
    expect((await bench("rfc2544", "--help")).stdout).toContain("--rfc-durations");
  });

  it("ends with one line and status 1 when it cannot begin", async () => {
    const { exitCode, stdout, stderr } = await bench("pps", "--dut", "abacus");
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^millrace: --dut abacus: unknown; there are millrace, .*\n$/);
  });

  it("suggests the command that was meant", async () => {
    const { exitCode, stderr } = await bench("latancy");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Did you mean latency?");
  });

  it("prints the schema of results", async () => {
    const { stdout } = await bench("schema");
    expect(JSON.parse(stdout).properties).toHaveProperty("measurements");
  });

  it("tells a regression by its status, so that a script can stop there", async () => {
    const result = (name: string, values: number[]) => {
      const key = { scenario: "a", subject: "one", metric: "ndr", unit: "frames/s" };
      const draft = new Draft({ method: "pps", command: ["millrace"], version: "0.1.0" });
      draft.addScenario({ name: "a" });
      draft.addSubject("one", "the only one");
      for (const value of values) draft.add({ ...key, better: "higher", value });
      const path = join(dir, name);
      writeFileSync(path, JSON.stringify(draft.finish()));
      return path;
    };
    const before = result("before.json", [100, 101, 102]);
    const after = result("after.json", [80, 81, 82]);
    const worse = await bench("diff", before, after);
    expect(worse.exitCode).toBe(1);
    expect(worse.stdout).toContain("regression");
    const better = await bench("diff", after, before, "--json");
    expect(better.exitCode).toBe(0);
    expect(JSON.parse(better.stdout).rows).toMatchObject([{ verdict: "improvement" }]);
    expect((await bench("report", before)).stdout).toContain("ndr");
  });

  it("says what it needs in one line where there is no checkout, as in the image", async () => {
    const [variable = ""] = await cliForGuests();
    const bundled = dirname(variable.slice(variable.indexOf("=") + 1));
    const cli = join(dir, "build/cli");
    cpSync(bundled, cli, { recursive: true });
    symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
    writeFileSync(join(dir, "package.json"), '{"version": "0.0.0", "type": "module"}');
    const { exitCode, stderr } = await run(process.execPath, [
      join(cli, "main.mjs"),
      "bench",
      "list",
    ]);
    expect(stderr).toMatch(/^millrace: bench needs a checkout of Millrace, .*\n$/);
    expect(exitCode).toBe(1);
  });
});
