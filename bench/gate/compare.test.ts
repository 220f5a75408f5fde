import { describe, expect, it } from "vitest";
import type { Counts } from "./baseline.ts";
import { compare, whyIncomparable } from "./compare.ts";

const madeWith: Counts["madeWith"] = {
  compiler: "gcc 12",
  libc: "2.36",
  machine: "x86_64",
  avx2: true,
  build: "release",
};
const counts = (perOperation: Record<string, number>): Counts => ({
  unit: "instructions",
  madeWith,
  perOperation,
});

/** The line about the only case. */
function verdictOf(before: Record<string, number>, now: Record<string, number>) {
  const [verdict] = compare(counts(before), counts(now));
  if (verdict === undefined) throw new Error("nothing was compared");
  return verdict;
}

describe("compare", () => {
  it("names case, both counts, the growth and the command where a case takes more", () => {
    expect(verdictOf({ lookup: 80 }, { lookup: 100 })).toEqual({
      name: "lookup",
      before: 80,
      now: 100,
      passed: false,
      text:
        "lookup: 80 -> 100 instructions per operation, +25.0 %, more than +5.0 %; " +
        "if that is what it costs: npm run bench:gate -- --update",
    });
  });

  it("lets a case grow by what is tolerated, and no further", () => {
    expect(verdictOf({ lookup: 100 }, { lookup: 105 }).passed).toBe(true);
    expect(verdictOf({ lookup: 100 }, { lookup: 105.1 }).passed).toBe(false);
  });

  it("passes a case that takes less, and says how to keep that", () => {
    const { passed, text } = verdictOf({ lookup: 100 }, { lookup: 50 });
    expect(passed).toBe(true);
    expect(text).toContain("-50.0 %; to keep that: npm run bench:gate -- --update");
  });

  it("fails a case that only one side has", () => {
    expect(verdictOf({}, { lookup: 100 })).toMatchObject({ passed: false, before: null });
    expect(verdictOf({ lookup: 100 }, {})).toMatchObject({ passed: false, now: null });
  });

  it("puts the worst change first", () => {
    const names = compare(counts({ a: 10, b: 10, c: 10 }), counts({ a: 10, b: 30, c: 20 }));
    expect(names.map(({ name }) => name)).toEqual(["b", "c", "a"]);
  });
});

describe("whyIncomparable", () => {
  it("is silent about counts of the same making", () => {
    expect(whyIncomparable(counts({ a: 1 }), counts({ b: 2 }))).toBe("");
  });

  it("names what is different", () => {
    const other = { ...counts({}), madeWith: { ...madeWith, compiler: "gcc 14", avx2: false } };
    expect(whyIncomparable(counts({}), other)).toBe(
      "compiler is gcc 14, that of the baseline gcc 12; avx2 is false, that of the baseline true",
    );
  });
});
