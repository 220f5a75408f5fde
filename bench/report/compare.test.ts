import { describe, expect, it } from "vitest";
import { compare, type Side, type Verdict } from "./compare.ts";
import { measured, normalNumbers } from "./fixture.ts";

const options = { paired: false, threshold: 0.02 };
const steady = [1000, 1004, 998, 1002, 996];

function side(values: number[], reference?: number[]): Side {
  const subject = "kernel-route";
  return {
    measurement: measured({ values }),
    reference: reference && measured({ values: reference, subject }),
  };
}

function scaled(values: readonly number[], by: number): number[] {
  return values.map((value) => value * by);
}

describe("a change", () => {
  it("down of a rate is a regression, and up an improvement", () => {
    const down = compare(side(steady), side(scaled(steady, 0.9)), options);
    expect(down).toMatchObject({ verdict: "regression", basis: "absolute", doubts: [] });
    expect(down.ratio?.mean).toBeCloseTo(0.9, 6);
    expect(down.ratio?.low).toBeGreaterThan(0.89);
    expect(down.ratio?.high).toBeLessThan(0.91);
    const up = compare(side(steady), side(scaled(steady, 1.1)), options);
    expect(up.verdict).toBe("improvement");
  });

  it("up of a delay is a regression", () => {
    const delay = (values: number[]): Side => ({
      measurement: measured({ values, metric: "latency-p99", unit: "ns", better: "lower" }),
      reference: undefined,
    });
    expect(compare(delay(steady), delay(scaled(steady, 1.1)), options).verdict).toBe("regression");
    expect(compare(delay(steady), delay(scaled(steady, 0.9)), options).verdict).toBe("improvement");
  });

  it("below the threshold does not count, however sure it is", () => {
    const less = side(scaled(steady, 0.985));
    expect(compare(side(steady), less, options).verdict).toBe("no difference found");
    expect(compare(side(steady), less, { ...options, threshold: 0.01 }).verdict).toBe("regression");
  });

  it("that the spread could explain is not reported", () => {
    const wide = [700, 1300, 1000, 800, 1200];
    expect(compare(side(wide), side(scaled(wide, 0.9)), options).verdict).toBe(
      "no difference found",
    );
  });

  it("has no verdict with two rounds", () => {
    const few = compare(side([1000, 1001]), side([500, 501]), options);
    expect(few).toMatchObject({ verdict: "too few rounds", ratio: null });
  });

  it("is doubtful when either side is flagged, and says by what", () => {
    const flags = [{ name: "disturbed" as const, text: "others used 14 % of a CPU" }];
    const flagged = {
      ...side(scaled(steady, 0.5)),
      measurement: measured({ values: steady, flags }),
    };
    expect(compare(side(steady), flagged, options)).toMatchObject({
      verdict: "doubtful",
      doubts: ["B, millrace: disturbed: others used 14 % of a CPU"],
    });
  });
});

describe("values of 0", () => {
  it("that stay 0 are no difference", () => {
    const zero = [0, 0, 0, 0, 0];
    expect(compare(side(zero), side(zero), options)).toMatchObject({
      verdict: "no difference found",
      ratio: null,
      difference: { mean: 0 },
    });
  });

  it("that become a loss are a regression, told as a difference", () => {
    const loss = (values: number[]): Side => ({
      measurement: measured({ values, metric: "loss", unit: "percent", better: "lower" }),
      reference: undefined,
    });
    const { verdict, difference } = compare(loss([0, 0, 0, 0]), loss([5, 5.1, 4.9, 5]), options);
    expect(verdict).toBe("regression");
    expect(difference?.mean).toBeCloseTo(5, 6);
  });
});

describe("the reference", () => {
  it("cancels a slower machine", () => {
    const before = side(steady, scaled(steady, 2));
    const after = side(scaled(steady, 0.7), scaled(steady, 1.4));
    const { basis, verdict, ratio } = compare(before, after, options);
    expect({ basis, verdict }).toEqual({ basis: "reference", verdict: "no difference found" });
    expect(ratio?.mean).toBeCloseTo(1, 6);
  });

  it("shows a regression that a faster machine would hide", () => {
    const after = side(scaled(steady, 1), scaled(steady, 1.25));
    expect(compare(side(steady, steady), after, options).verdict).toBe("regression");
  });

  it("is not used when its rounds are not the same", () => {
    expect(compare(side(steady, steady), side(steady, steady.slice(1)), options).basis).toBe(
      "absolute",
    );
  });

  it("makes the comparison doubtful when it is flagged itself", () => {
    const flags = [{ name: "clock" as const, text: "hpet" }];
    const flagged = {
      ...side(steady),
      reference: measured({ values: steady, subject: "r", flags }),
    };
    expect(compare(flagged, side(steady, steady), options).verdict).toBe("doubtful");
  });
});

describe("in a thousand simulated comparisons of five rounds", () => {
  /** How often each verdict came; `change` is how B differs, noise in fractions. */
  function verdicts(change: number, noise: { own: number; common: number }, paired: boolean) {
    const normal = normalNumbers(42);
    const counts = new Map<Verdict, number>();
    for (let n = 0; n < 1000; n++) {
      const drift = Array.from({ length: 5 }, () => Math.exp(noise.common * normal()));
      const values = (by: number) =>
        drift.map((factor) => 1000 * by * factor * Math.exp(noise.own * normal()));
      const { verdict } = compare(side(values(1)), side(values(change)), { paired, threshold: 0 });
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    }
    return counts;
  }

  it("pure noise is reported in less than 7 %", () => {
    for (const paired of [false, true]) {
      const found = verdicts(1, { own: 0.05, common: 0 }, paired).get("no difference found") ?? 0;
      expect(found).toBeGreaterThanOrEqual(930);
    }
  });

  it("a regression of 10 % in noise of 3 % is found in 9 of 10", () => {
    const found = verdicts(0.9, { own: 0.03, common: 0 }, false);
    expect(found.get("regression")).toBeGreaterThan(900);
    expect(found.get("improvement") ?? 0).toBe(0);
  });

  it("pairs find a regression of 5 % in common noise of 20 %, where single rounds find none", () => {
    const noise = { own: 0.01, common: 0.2 };
    expect(verdicts(0.95, noise, true).get("regression")).toBeGreaterThan(950);
    expect(verdicts(0.95, { ...noise }, false).get("regression") ?? 0).toBeLessThan(100);
  });
});
