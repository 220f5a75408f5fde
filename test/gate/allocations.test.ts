import { afterAll, beforeAll, expect, it, type TestContext } from "vitest";
import { countAllocations } from "../../bench/gate/allocations.ts";
import { type Counts, readBaseline } from "../../bench/gate/baseline.ts";
import { compare, whyIncomparable } from "../../bench/gate/compare.ts";
import { openScope, type Scope } from "../harness/scope.ts";

const limit = 120_000;
const baseline = readBaseline("bytes");

let scope: Scope;
let counts: Counts;
/** Why nothing can be compared. */
let lacks = "";

beforeAll(async () => {
  scope = await openScope("test");
  counts = await countAllocations(scope);
  lacks = whyIncomparable(baseline, counts);
}, limit);

afterAll(() => scope[Symbol.asyncDispose]());

function skipUnlessComparable({ skip }: TestContext): void {
  if (lacks !== "") skip(lacks);
}

it.for(Object.keys(baseline.perOperation))("%s allocates no more bytes", (name, context) => {
  skipUnlessComparable(context);
  const verdict = compare(baseline, counts).find((one) => one.name === name);
  if (!verdict?.passed) expect.fail(verdict?.text ?? `${name} was not compared`);
});

it("every counted case in TypeScript is in the baseline", (context) => {
  skipUnlessComparable(context);
  expect(Object.keys(counts.perOperation)).toEqual(Object.keys(baseline.perOperation));
});
