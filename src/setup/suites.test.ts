import { describe, expect, it } from "vitest";
import { runSuite, type Suite, selectSuites, suites } from "./suites.ts";

describe("selectSuites", () => {
  it("runs every suite when none is named", () => {
    expect(selectSuites(undefined)).toEqual(suites);
  });

  it("keeps the order of a run whatever the order of the names", () => {
    expect(selectSuites("unit,native").map(({ name }) => name)).toEqual(["native", "unit"]);
  });

  it("names the unknown suite and the known ones", () => {
    expect(() => selectSuites("unit,kube")).toThrow(
      /--only kube: .*native,sanitize,unit,gate,netns,cni/,
    );
  });
});

describe("runSuite", () => {
  const saying = (script: string): Suite => ({
    ...{ name: "one", command: "bash", args: ["-c", script], env: {} },
    ...{ report: "/tmp/millrace-no-such-report.json", count: () => null as never },
  });

  it("says what a sanitizer found when that ended the suite", async () => {
    const { outcome } = await runSuite(saying("echo 'a.cpp:3: runtime error: shift' >&2; exit 1"));
    expect(outcome.failures).toEqual(["ended badly: exit status 1: a.cpp:3: runtime error: shift"]);
  });

  it("says how a suite ended that left no word", async () => {
    const { outcome } = await runSuite(saying("kill -KILL $$"));
    expect(outcome.failures).toEqual(["ended badly: killed by SIGKILL"]);
  });
});
