import { describe, expect, it } from "vitest";
import { fixtureHost, fixtureNative } from "./fixture.ts";
import { examine } from "./run.ts";

describe("examine", () => {
  it("looks at everything and only misses the agent on a machine where all is well", async () => {
    const findings = await examine(fixtureHost());
    const odd = findings.filter(({ status }) => status !== "ok");
    expect(odd).toMatchObject([{ check: "agent", status: "warning" }]);
    expect(odd[0]?.remedy).toContain("millrace agent --config FILE");
  });

  it("gives a remedy with every warning and problem", async () => {
    const findings = await examine({
      ...fixtureHost(),
      proc: "/nowhere",
      confDir: "/nowhere",
      binDirs: ["/nowhere"],
      native: null,
      nativeFailure: "cannot be loaded",
    });
    const odd = findings.filter(({ status }) => status !== "ok");
    expect(odd.length).toBeGreaterThan(4);
    for (const finding of odd) expect(finding.remedy, finding.text).toBeTruthy();
  });

  it("turns a check that fails into a problem and still runs the others", async () => {
    const listLinks = async () => {
      throw new Error("netlink says no");
    };
    const native = fixtureNative({ listLinks });
    const findings = await examine({ ...fixtureHost(), native });
    expect(findings.find(({ check }) => check === "links")?.text).toContain("netlink says no");
    expect(findings.some(({ check }) => check === "kernel")).toBe(true);
    expect(findings.some(({ check }) => check === "CNI executable")).toBe(true);
  });
});
