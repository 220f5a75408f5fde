import { describe, expect, it } from "vitest";
import { measured, resultOf } from "../report/fixture.ts";
import type { Measurement, Result } from "../report/result.ts";
import { fillGuide } from "./guide.ts";
import type { Variant } from "./variant.ts";

const variants: Variant[] = [
  { name: "small", dataplane: { batch: 16 } },
  { name: "fast", dataplane: { mode: "zero-copy" } },
  { name: "odd", dataplane: { mode: "generic" } },
];
const guide = `# Tuning

<!-- measured -->
old
<!-- end of measured -->

Advice.

<!-- measured: small, fast, odd -->
<!-- end of measured -->

The end.
`;

const skb = "route-64B-1flow-skb";
const frame = "route-64B-1flow-frame";
const usualRates = [1e6, 1.1e6, 0.9e6];
const scaled = (by: readonly number[]) =>
  usualRates.map((rate, round) => rate * (by[round] as number));
const of = (subject: string, values: number[], parts: Partial<Measurement> = {}) =>
  measured({ scenario: skb, subject, values, ...parts });

function result(measurements: Measurement[], parts: Partial<Result> = {}): Result {
  return resultOf([of("millrace", usualRates), ...measurements], {
    reference: "millrace",
    ...parts,
  });
}

/** The line of a table that begins with a setting. */
function row(text: string, setting: string): string[] {
  const line = text.split("\n").find((one) => one.startsWith(`| \`${setting}\``)) ?? "";
  return line
    .split("|")
    .slice(2, -1)
    .map((cell) => cell.trim());
}

describe("a guide", () => {
  it("gets the effect of a setting within each round, bold where it is one", () => {
    const text = fillGuide(guide, result([of("small", scaled([0.8, 0.81, 0.79]))]), variants);
    expect(row(text, "dataplane.batch: 16")[0]).toMatch(/^\*\*0\.80 \(0\.7\d to 0\.8\d\)\*\*$/);
  });

  it("calls no effect what is not larger than the noise", () => {
    const text = fillGuide(guide, result([of("small", scaled([0.8, 1, 1.2]))]), variants);
    expect(row(text, "dataplane.batch: 16")[0]).toMatch(/^0\.99 \(0\.\d\d to 1\.\d\d\)$/);
  });

  it("marks what was disturbed, on either side", () => {
    const flags = [{ name: "disturbed" as const, text: "others used 20 % of a CPU" }];
    const after = of("small", scaled([0.8, 0.81, 0.79]), { flags });
    const text = fillGuide(guide, result([after]), variants);
    expect(row(text, "dataplane.batch: 16")[0]).toMatch(/^0\.80 \(.*\) †$/);
  });

  it("says that rounds were too few, instead of a number", () => {
    const few = resultOf([of("millrace", [1, 1]), of("small", [2, 2])], { reference: "millrace" });
    expect(row(fillGuide(guide, few, variants), "dataplane.batch: 16")[0]).toBe("too few rounds");
  });

  it("has a column for each load, empty where nothing was measured", () => {
    const delays = { scenario: `${skb}-10000pps`, unit: "ns", better: "lower" as const };
    const text = fillGuide(
      guide,
      result([
        of("small", scaled([1, 1, 1])),
        of("millrace", [10, 10, 10], { ...delays, metric: "latency-p99" }),
        of("small", [20, 20, 20], { ...delays, metric: "latency-p99" }),
        of("millrace", [2, 2, 2], { scenario: frame }),
        of("small", [3, 3, 3], { scenario: frame }),
        of("millrace", [4e9, 4e9, 4e9], { scenario: "tcp-1stream", unit: "bit/s" }),
        of("small", [2e9, 2e9, 2e9], { scenario: "tcp-1stream", unit: "bit/s" }),
      ]),
      variants,
    );
    expect(text).toContain(
      "| rate, packets | rate, frames | delay p50 | delay p99 | CPU time | TCP |",
    );
    expect(row(text, "dataplane.batch: 16")).toEqual([
      "1.00 (1.00 to 1.00)",
      "**1.50 (1.50 to 1.50)**",
      "",
      "**2.00 (2.00 to 2.00)**",
      "",
      "**0.50 (0.50 to 0.50)**",
    ]);
  });

  it("says in whose words a setting was refused, and under which load one failed", () => {
    const notes = [
      "fast left out: mode zero-copy: Operation not\n  supported",
      `${frame}: odd left out: none of 7 frames arrived`,
    ];
    const text = fillGuide(guide, result([of("odd", scaled([1, 1, 1]))], { notes }), variants);
    expect(text).toContain(
      "`dataplane.mode: zero-copy`: mode zero-copy: Operation not supported\n",
    );
    expect(text).toContain(
      `\`dataplane.mode: generic\`, under \`${frame}\`: none of 7 frames arrived\n`,
    );
    expect(text).toContain("`dataplane.batch: 16`: not part of this measurement.");
  });

  it("tells where and how it was measured, and what the usual configuration reached", () => {
    const text = fillGuide(guide, result([]), variants);
    expect(text).toContain("\nmillrace bench compare --rounds 5\n");
    expect(text).toContain("| 1.00 Mpps |");
    expect(text).not.toContain("old");
  });

  it("can be filled again, and keeps every other word", () => {
    const first = fillGuide(guide, result([of("small", scaled([1, 1, 1]))]), variants);
    const again = fillGuide(first, result([]), variants);
    expect(again).toBe(fillGuide(guide, result([]), variants));
    expect(again).toMatch(/^# Tuning\n[\s\S]*\nAdvice\.\n[\s\S]*\nThe end\.\n$/);
  });

  it("is refused when it names a variant that there is not, or lacks one that was measured", () => {
    expect(() => fillGuide(guide, result([]), variants.slice(1))).toThrow(
      "<!-- measured: small -->: no such variant; there are fast, odd",
    );
    expect(() => fillGuide("", result([of("small", usualRates)]), variants)).toThrow(
      "small was measured, and the guide has no <!-- measured: small -->",
    );
  });
});
