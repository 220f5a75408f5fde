import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it, type TestContext } from "vitest";
import { type Counts, readBaseline, writeBaseline } from "../../bench/gate/baseline.ts";
import { updateCommand } from "../../bench/gate/compare.ts";
import { run } from "../harness/run.ts";
import { openScope, type Scope } from "../harness/scope.ts";

const limit = 120_000;
const main = resolve(import.meta.dirname, "../../bench/gate/main.ts");

let scope: Scope;
/** What the command said when it took its baselines. */
let said = "";

beforeAll(async () => {
  scope = await openScope("test");
  said = (await gate("--update")).stdout;
}, limit);

afterAll(() => scope[Symbol.asyncDispose]());

const gate = (...args: string[]) =>
  run(process.execPath, [main, "--baselines", scope.dir, ...args], { timeoutMs: limit });

function skipWithoutCounts({ skip }: TestContext): void {
  const why = said.split("\n").find((line) => line.startsWith("skipped: "));
  if (why !== undefined) skip(why);
}

/** As if a case had taken a fifth less before. */
function lower({ perOperation, ...more }: Counts, name: string): Counts {
  const before = (perOperation[name] ?? 0) * 0.8;
  return { ...more, perOperation: { ...perOperation, [name]: before } };
}

it("reports the cases that got slower, and no others", { timeout: limit }, async (context) => {
  skipWithoutCounts(context);
  const slower = [
    ["instructions", "native-fdb-lookup-hit"],
    ["bytes", "micro-cni-plan"],
  ] as const;
  for (const [unit, name] of slower) {
    writeBaseline(lower(readBaseline(unit, scope.dir), name), scope.dir);
  }
  const { exitCode, stdout } = await gate();
  const failed = stdout.split("\n").filter((line) => line.includes("FAIL"));
  expect(failed).toHaveLength(slower.length);
  for (const [i, [unit, name]] of slower.entries()) {
    const change = new RegExp(`${name}: [\\d.]+ -> [\\d.]+ ${unit} .*, \\+2[456]\\.\\d %`);
    expect(failed[i]).toMatch(change);
    expect(failed[i]).toContain(updateCommand);
  }
  expect(exitCode).toBe(1);
});

it("compares nothing with what another compiler made", { timeout: limit }, async (context) => {
  skipWithoutCounts(context);
  const taken = readBaseline("instructions", scope.dir);
  writeBaseline({ ...taken, madeWith: { ...taken.madeWith, compiler: "gcc 1" } }, scope.dir);
  const { stdout } = await gate();
  expect(stdout).toMatch(/^skipped: instructions: compiler is .*, that of the baseline gcc 1$/m);
  expect(stdout).not.toContain("native-");
});
