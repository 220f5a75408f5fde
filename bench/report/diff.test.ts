import { describe, expect, it } from "vitest";
import { diffResults } from "./diff.ts";
import { formatDiff } from "./diff-text.ts";
import { measured, resultOf } from "./fixture.ts";
import type { Measurement, Result } from "./result.ts";

const values = [1000, 1004, 998, 1002, 996];
const slower = values.map((value) => value * 0.9);

function withReference(own: number[], reference: number[], parts: Partial<Result> = {}): Result {
  const subject = "kernel-route";
  const both = [measured({ values: own }), measured({ values: reference, subject })];
  return resultOf(both, { reference: subject, ...parts });
}

describe("diffResults", () => {
  it("compares what both have, and names what only one has", () => {
    const more = (metric: string): Measurement => measured({ values, metric });
    const { rows, onlyA, onlyB } = diffResults(
      resultOf([measured({ values }), more("ndr")]),
      resultOf([more("pdr"), measured({ values: slower })]),
    );
    expect(rows).toMatchObject([
      { scenario: "route", subject: "millrace", metric: "throughput", verdict: "regression" },
    ]);
    expect(onlyA.map(({ metric }) => metric)).toEqual(["ndr"]);
    expect(onlyB.map(({ metric }) => metric)).toEqual(["pdr"]);
  });

  it("takes a metric in another unit for another metric", () => {
    const bits = measured({ values, unit: "bit/s" });
    const { rows, onlyA, onlyB } = diffResults(resultOf([measured({ values })]), resultOf([bits]));
    expect([rows.length, onlyA.length, onlyB.length]).toEqual([0, 1, 1]);
  });

  it("divides by the reference of both, and keeps the reference apart from the verdicts", () => {
    const { rows, reference } = diffResults(
      withReference(values, values),
      withReference(slower, slower),
    );
    expect(rows).toMatchObject([
      { subject: "millrace", basis: "reference", verdict: "no difference found" },
    ]);
    expect(reference).toMatchObject([{ subject: "kernel-route", basis: "absolute" }]);
    expect(reference[0]?.ratio?.mean).toBeCloseTo(0.9, 6);
  });

  it("compares values as they are when the references differ, and says so", () => {
    const { rows, notes } = diffResults(
      withReference(values, values),
      withReference(slower, slower, { reference: "millrace" }),
    );
    expect(rows.map(({ basis }) => basis)).toEqual(["absolute", "absolute"]);
    expect(notes.join()).toContain("the references differ: kernel-route and millrace");
  });

  it("pairs the rounds of two results of one run, or when it is told to", () => {
    const [a, b] = [resultOf([measured({ values })]), resultOf([measured({ values: slower })])];
    const run = "8d1c";
    expect(diffResults(a, b).rows[0]?.basis).toBe("absolute");
    expect(diffResults({ ...a, run }, { ...b, run }).rows[0]?.basis).toBe("pairs");
    expect(diffResults({ ...a, run }, { ...b, run: "77aa" }).paired).toBe(false);
    expect(diffResults(a, b, { paired: true }).rows[0]?.basis).toBe("pairs");
    expect(diffResults({ ...a, run }, { ...b, run }, { paired: false }).paired).toBe(false);
  });

  it("says in what the machines differ", () => {
    const machine = { virtualization: "KVM", mitigations: [], settings: { governor: "powersave" } };
    const { notes } = diffResults(resultOf([]), resultOf([], { machine }));
    expect(notes).toEqual([
      "virtualization differs: none and KVM",
      "governor differs: not known and powersave",
    ]);
  });
});

describe("formatDiff", () => {
  it("shows the ratio with its interval, the verdict, and the reference apart", () => {
    const text = formatDiff(
      diffResults(withReference(values, values), withReference(slower, values)),
    );
    expect(text.split("\n").map((line) => line.replaceAll(/ {2,}/g, "|"))).toEqual([
      "scenario|subject|metric|B/A|of|verdict",
      "route|millrace|throughput|0.900 (0.900 to 0.900)|ratio to the reference|regression",
      "",
      "the reference itself:",
      "scenario|subject|metric|B/A|of",
      "route|kernel-route|throughput|1.000 (0.995 to 1.005)|absolute values",
      "",
      "|95 % confidence intervals; changes below 2 % do not count",
      "|rounds of A and B were made apart",
      "",
    ]);
  });

  it("says how many of many changes may be chance, and what speaks against values", () => {
    const flags = [{ name: "disturbed" as const, text: "noise" }];
    const many = Array.from({ length: 60 }, (_, at) => measured({ values, metric: `m${at}` }));
    const flagged = many.map((each, at) => (at === 0 ? { ...each, flags } : each));
    const text = formatDiff(diffResults(resultOf(many), resultOf(flagged)));
    expect(text).toContain("0 of 60 changed; up to 3 of them by chance");
    expect(text).toContain("doubtful: B, millrace: disturbed: noise");
  });

  it("says that nothing is in both", () => {
    const text = formatDiff(diffResults(resultOf([measured({ values })]), resultOf([])));
    expect(text).toContain("nothing that was measured is in both");
    expect(text).toContain("only in A: route millrace throughput");
  });
});
