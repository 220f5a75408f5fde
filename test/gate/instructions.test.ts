import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, type TestContext } from "vitest";
import { type Counts, readBaseline } from "../../bench/gate/baseline.ts";
import { compare, whyIncomparable } from "../../bench/gate/compare.ts";
import { countInstructions } from "../../bench/gate/instructions.ts";
import { openScope, type Scope } from "../harness/scope.ts";

const limit = 120_000;
const baseline = readBaseline("instructions");

let scope: Scope;
let counts: Counts;
/** Why nothing can be compared. */
let lacks = "";

beforeAll(async () => {
  scope = await openScope("test");
  const counted = await count("first");
  lacks = typeof counted === "string" ? counted : whyIncomparable(baseline, counted);
  if (typeof counted !== "string") counts = counted;
}, limit);

afterAll(() => scope[Symbol.asyncDispose]());

function count(part: string): Promise<Counts | string> {
  const directory = join(scope.dir, part);
  mkdirSync(directory);
  return countInstructions(scope, directory);
}

function skipUnlessComparable({ skip }: TestContext): void {
  if (lacks !== "") skip(lacks);
}

it.for(Object.keys(baseline.perOperation))("%s takes no more instructions", (name, context) => {
  skipUnlessComparable(context);
  const verdict = compare(baseline, counts).find((one) => one.name === name);
  if (!verdict?.passed) expect.fail(verdict?.text ?? `${name} was not compared`);
});

it("every native case is in the baseline", (context) => {
  skipUnlessComparable(context);
  expect(Object.keys(counts.perOperation)).toEqual(Object.keys(baseline.perOperation));
});

it("counts the same instructions again, to a thousandth", { timeout: limit }, async (context) => {
  skipUnlessComparable(context);
  const again = (await count("again")) as Counts;
  for (const [name, first] of Object.entries(counts.perOperation)) {
    expect(Math.abs((again.perOperation[name] ?? 0) / first - 1), name).toBeLessThan(0.001);
  }
});
