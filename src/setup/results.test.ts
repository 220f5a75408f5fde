import { describe, expect, it } from "vitest";
import { countGtest, countVitest, judge, table, totalLine } from "./results.ts";

const gtestReport = {
  tests: 4,
  testsuites: [
    {
      name: "Lpm",
      testsuite: [
        { name: "FindsLongestPrefix", status: "RUN", result: "COMPLETED" },
        { name: "Removes", status: "RUN", result: "COMPLETED", failures: [{ failure: "1 vs 2" }] },
        {
          name: "NeedsHugepages",
          status: "RUN",
          result: "SKIPPED",
          skipped: [{ message: "none" }],
        },
        { name: "DISABLED_Slow", status: "NOTRUN", result: "SUPPRESSED" },
      ],
    },
  ],
};

const vitestReport = {
  testResults: [
    {
      name: "/repo/src/a.test.ts",
      status: "failed",
      message: "",
      assertionResults: [
        { fullName: "a works", status: "passed" },
        {
          fullName: "a fails",
          status: "failed",
          failureMessages: ["\u001b[31m1\u001b[39m\n is 2"],
        },
        { fullName: "a waits", status: "skipped" },
        { fullName: "a is planned", status: "todo" },
      ],
    },
  ],
};

describe("countGtest", () => {
  it("tells passed, failed, skipped and disabled tests apart", () => {
    expect(countGtest(gtestReport)).toEqual({
      passed: 1,
      skipped: 2,
      failures: ["Lpm.Removes: 1 vs 2"],
    });
  });

  it("finds no test in a report without suites", () => {
    expect(countGtest({})).toEqual({ passed: 0, skipped: 0, failures: [] });
  });
});

describe("countVitest", () => {
  it("tells passed, failed and skipped tests apart", () => {
    expect(countVitest(vitestReport)).toEqual({
      passed: 1,
      skipped: 2,
      failures: ["a fails: 1 is 2"],
    });
  });

  it("counts a file that cannot be imported as one failure", () => {
    const file = {
      name: "/repo/b.test.ts",
      status: "failed",
      message: "no such module",
      assertionResults: [],
    };
    expect(countVitest({ testResults: [file] }).failures).toEqual([
      "/repo/b.test.ts: no such module",
    ]);
  });
});

describe("judge", () => {
  const good = { passed: 2, skipped: 0, failures: [] };

  it("believes a good report of a process that ended well", () => {
    expect(judge(good, "")).toEqual(good);
  });

  it("fails a suite whose tests passed but whose process did not end well", () => {
    expect(judge(good, "exit status 23").failures).toEqual(["ended badly: exit status 23"]);
  });

  it("fails a suite that left no report", () => {
    expect(judge(null, "killed by SIGSEGV").failures).toEqual(["ended badly: killed by SIGSEGV"]);
  });

  it("fails a suite that ran nothing", () => {
    expect(judge({ passed: 0, skipped: 0, failures: [] }, "").failures).toHaveLength(1);
  });

  it("does not count the exit status again when failures explain it", () => {
    expect(judge({ passed: 1, skipped: 0, failures: ["x"] }, "exit status 1").failures).toEqual([
      "x",
    ]);
  });
});

describe("totalLine", () => {
  it("sums over all suites in the form CI reads", () => {
    const outcomes = [countGtest(gtestReport), countVitest(vitestReport)];
    expect(totalLine(outcomes)).toBe("2 passed, 2 failed, 4 skipped");
  });
});

describe("table", () => {
  it("gives each suite one aligned row", () => {
    const rows = table([{ suite: "native", outcome: countGtest(gtestReport), seconds: 1.23 }]);
    expect(rows).toEqual([
      "suite        passed   failed  skipped  seconds",
      "native            1        1        2      1.2",
    ]);
  });
});
