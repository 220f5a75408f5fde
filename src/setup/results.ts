import { stripVTControlCharacters } from "node:util";

/**
 * What one suite did. `failures` names each failed test with the beginning of what it said, or says
 * why the suite as a whole failed.
 */
export interface Outcome {
  passed: number;
  skipped: number;
  failures: string[];
}

interface GtestCase {
  name: string;
  status: string;
  result: string;
  failures?: { failure: string }[];
}

interface GtestReport {
  testsuites?: { name: string; testsuite: GtestCase[] }[];
}

interface VitestReport {
  testResults?: {
    name: string;
    status: string;
    message?: string;
    assertionResults: { fullName: string; status: string; failureMessages?: string[] }[];
  }[];
}

/** Of a failure's text; more is in the log above. */
const MAX_FAILURE_LENGTH = 240;

type Verdict = "passed" | "failed" | "skipped";

/**
 * Counts a GoogleTest report (`--gtest_output=json:FILE`).
 * A test case lists its `failures`; disabled tests have the status NOTRUN.
 */
export function countGtest(report: unknown): Outcome {
  const cases = ((report as GtestReport).testsuites ?? []).flatMap((suite) =>
    suite.testsuite.map((test) => ({ ...test, title: `${suite.name}.${test.name}` })),
  );
  return tally(
    cases.map((test) => {
      if (test.failures) return [failure(test.title, test.failures[0]?.failure), "failed"];
      return [
        test.title,
        test.result === "COMPLETED" && test.status === "RUN" ? "passed" : "skipped",
      ];
    }),
  );
}

/**
 * Counts a vitest report (`--reporter=json`). A file that failed outside of its tests, for instance
 * while it was imported, has no failed assertion and counts as one failure of its own.
 */
export function countVitest(report: unknown): Outcome {
  const verdicts = ((report as VitestReport).testResults ?? []).flatMap((file) => {
    const tests = file.assertionResults.map((test): [string, Verdict] => {
      const { fullName, status } = test;
      if (status === "failed") return [failure(fullName, test.failureMessages?.[0]), status];
      return [fullName, status === "passed" ? status : "skipped"];
    });
    const explained = tests.some(([, verdict]) => verdict === "failed");
    const own: [string, Verdict][] =
      file.status === "failed" && !explained
        ? [[`${file.name}: ${file.message ?? ""}`, "failed"]]
        : [];
    return [...tests, ...own];
  });
  return tally(verdicts);
}

function failure(title: string, said = ""): string {
  const text = stripVTControlCharacters(said).replaceAll(/\s+/g, " ").trim();
  return text === "" ? title : `${title}: ${text.slice(0, MAX_FAILURE_LENGTH)}`;
}

function tally(verdicts: (readonly [string, string])[]): Outcome {
  const titles = (wanted: Verdict) =>
    verdicts.filter(([, verdict]) => verdict === wanted).map(([title]) => title);
  return {
    passed: titles("passed").length,
    skipped: titles("skipped").length,
    failures: titles("failed"),
  };
}

/**
 * Holds a suite's own account against how its process ended.
 * @param outcome from its report, null when it left none
 * @param ending "" after exit status 0, else how it ended
 */
export function judge(outcome: Outcome | null, ending: string): Outcome {
  const { passed, skipped, failures } = outcome ?? { passed: 0, skipped: 0, failures: [] };
  const ran = passed + skipped + failures.length;
  if (failures.length > 0) return { passed, skipped, failures };
  // For example a leak that the sanitizer finds after the last test, or a crash in a worker.
  if (ending !== "") return { passed, skipped, failures: [`ended badly: ${ending}`] };
  if (ran === 0) return { passed, skipped, failures: ["ran no test at all"] };
  return { passed, skipped, failures };
}

/** One suite that has run. */
export interface Row {
  suite: string;
  outcome: Outcome;
  seconds: number;
}

/** Prints what failed, a table and the total. @returns whether all is well */
export function summarise(rows: readonly Row[], interrupted: boolean): boolean {
  const failures = rows.flatMap(({ suite, outcome }) =>
    outcome.failures.map((title) => `  ${suite}: ${title}`),
  );
  if (failures.length > 0) console.log(["", "failed:", ...failures].join("\n"));
  if (interrupted) console.log("\ninterrupted: not every test has run");
  const outcomes = rows.map(({ outcome }) => outcome);
  console.log(["", ...table(rows), "", totalLine(outcomes)].join("\n"));
  return failures.length === 0 && !interrupted;
}

/** One row per suite, as lines of text. */
export function table(rows: readonly Row[]): string[] {
  const head = ["suite", "passed", "failed", "skipped", "seconds"];
  const body = rows.map(({ suite, outcome, seconds }) => [
    suite,
    String(outcome.passed),
    String(outcome.failures.length),
    String(outcome.skipped),
    seconds.toFixed(1),
  ]);
  return [head, ...body].map(([first = "", ...rest]) =>
    [first.padEnd(10), ...rest.map((cell) => cell.padStart(9))].join(""),
  );
}

/** The last line of a test run; its form is relied on by CI. */
export function totalLine(outcomes: Outcome[]): string {
  const sum = (count: (outcome: Outcome) => number) =>
    outcomes.reduce((total, outcome) => total + count(outcome), 0);
  const failed = sum(({ failures }) => failures.length);
  return `${sum((o) => o.passed)} passed, ${failed} failed, ${sum((o) => o.skipped)} skipped`;
}
