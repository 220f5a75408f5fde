import { describe, expect, it } from "vitest";
import { createBench } from "./program.ts";

/** What a wrong call says; it ends before it measures or makes anything. */
async function refused(...words: string[]): Promise<string> {
  const bench = createBench();
  for (const command of [bench, ...bench.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
  }
  const call = bench.parseAsync(words, { from: "user" });
  return call.then(
    () => "accepted",
    (error: Error) => error.message,
  );
}

describe("a wrong call", () => {
  it("is answered with option, value and what is accepted", async () => {
    expect(await refused("pps", "--flows", "0")).toMatch(/--flows.*'0'.*integer from 1 to 65536/);
    expect(await refused("pps", "--size", "tiny")).toMatch(/--size.*'tiny'.*"imix"/);
    expect(await refused("pps", "--sizes", "64,9999")).toContain("size 9999: expected");
    expect(await refused("pps", "--source", "pcap")).toContain("Allowed choices are skb, frame");
    expect(await refused("pps", "--trial", "0")).toContain("a number from 0.4 to 3600");
    expect(await refused("soak", "--duration", "2 days")).toContain(
      'a time as "90s", "15m" or "2h"',
    );
    expect(await refused("rfc2544", "--tests", "speed")).toContain(
      'no "speed"; accepted: throughput',
    );
    expect(await refused("compare", "--flows", "1,x")).toContain('no "x"; accepted: integers');
    expect(await refused("compare", "--duts", "abacus")).toContain(
      'no "abacus"; accepted: millrace',
    );
    expect(await refused("compare", "--placement", "two-cores")).toContain(
      'no "two-cores"; accepted: best, one-core, own-core',
    );
    expect(await refused("compare", "--rates", "mine")).toContain(
      "Allowed choices are own, common",
    );
    expect(await refused("soak", "--churn", "1", "--stop-on-loss")).toContain(
      "--stop-on-loss: not with --churn",
    );
    expect(await refused("compare", "--sink", "hole")).toContain("Allowed choices are xdp, skb");
    expect(await refused("soak", "--churn", "many")).toContain("a number from 0.1 to 100");
    expect(await refused("sweep", "--over", "time")).toContain("Allowed choices are flows, sizes");
  });

  it("is answered with the devices, tasks and sources that there are", async () => {
    expect(await refused("pps", "--dut", "abacus")).toMatch(
      /^--dut abacus: unknown; there are millrace, millrace-lane, millrace-live, millrace-tc, kernel-route, /,
    );
    expect(await refused("pps", "--dut", "kernel-bridge", "--task", "route")).toBe(
      "--task route: kernel-bridge does bridge",
    );
  });

  it("is answered with what interfaces go with", async () => {
    expect(await refused("pps", "--tx", "a")).toBe("--rx: missing; --tx and --rx go together");
    expect(await refused("pps", "--tx", "a", "--rx", "b", "--dut", "millrace")).toContain(
      "--dut millrace: not with --tx and --rx",
    );
    expect(await refused("pps", "--dst-mac", "02:00:00:00:00:01")).toContain(
      "--dst-mac: only with --tx and --rx",
    );
    expect(await refused("pps", "--tx", "a/b/c", "--rx", "d")).toContain('interface "a/b/c"');
  });

  it("is answered before anything is measured when a file could not be written", async () => {
    expect(await refused("pps", "--html", "/nowhere/r.html")).toBe(
      process.getuid?.() === 0
        ? "/nowhere/r.html: its directory is missing or read-only"
        : "a benchmark needs root: network namespaces, XDP",
    );
  });

  it("is answered with the file that is no result", async () => {
    expect(await refused("diff", "/nowhere/a.json", "/nowhere/b.json")).toContain(
      "/nowhere/a.json",
    );
    expect(await refused("report", "package.json")).toContain(
      "package.json is no benchmark result",
    );
  });
});
