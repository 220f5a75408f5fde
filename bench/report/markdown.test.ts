import { describe, expect, it } from "vitest";
import { measured, resultOf } from "./fixture.ts";
import { renderMarkdown } from "./markdown.ts";
import type { Measurement, Result } from "./result.ts";
import { formatSummary } from "./summary.ts";

const flags = [{ name: "disturbed" as const, text: "others used 14 % of a CPU" }];

/** Two subjects, the kernel half as fast again in each round. */
function comparison(parts: Partial<Measurement> = {}): Result {
  const kernel = { ...parts, subject: "kernel", values: [1e6, 1.2e6, 1.1e6] };
  return resultOf(
    [
      measured({ ...parts, values: [0.5e6, 0.9e6, 0.55e6], placement: "CPU 1" }),
      measured({
        values: [1700, 1800, 1750],
        metric: "cpu-per-frame",
        unit: "ns",
        better: "lower",
      }),
      measured({ ...kernel, flags }),
    ],
    {
      scenarios: [{ name: "route", task: "route", size: "64 B", flows: 65536, source: "skb" }],
      reference: "kernel",
      notes: ["the machine was *quiet*"],
    },
  );
}

describe("renderMarkdown", () => {
  const lines = renderMarkdown(comparison()).split("\n");

  it("heads tables with task, size, flows and source", () => {
    expect(lines).toContain("## route");
    expect(lines).toContain("### 64 B, 64k flows, skb");
  });

  it("shows median, spread, the ratio within rounds, CPU time and placement of each subject", () => {
    const from = lines.findIndex((line) => line.startsWith("| subject"));
    expect(lines.slice(from, from + 4)).toEqual([
      "| subject | throughput, Mpps | of kernel | cpu-per-frame, µs | placement |",
      "| --- | --: | --: | --: | --- |",
      "| millrace | 0.550 (0.500 to 0.900) | 0.50 (0.50 to 0.75) | 1.75 (1.70 to 1.80) | CPU 1 |",
      "| kernel[^1] | 1.10 (1.00 to 1.20) | 1 |  |  |",
    ]);
  });

  it("ends with the notes, and with flags as footnotes", () => {
    expect(lines.slice(-6)).toEqual([
      "## Notes",
      "",
      "- the machine was \\*quiet\\*",
      "",
      "[^1]: disturbed: others used 14 % of a CPU",
      "",
    ]);
  });

  it("gives the command line as a shell takes it", () => {
    const command = ["millrace", "bench", "pps", "--note", "it's `me`"];
    expect(renderMarkdown({ ...comparison(), command })).toContain(
      "```\nmillrace bench pps --note 'it'\\''s `me`'\n```",
    );
  });

  it("keeps markup in names from being any", () => {
    const result = comparison();
    result.subjects[0] = { name: "millrace", description: "a | b\n# <script>" };
    expect(renderMarkdown(result)).toContain("- millrace: a \\| b \\# \\<script\\>");
  });

  it("has one footnote for flags that say the same", () => {
    const text = renderMarkdown(comparison({ flags }));
    expect(text.match(/^\[\^/gm)).toHaveLength(1);
    expect(text).toContain("| millrace[^1] |");
  });
});

describe("formatSummary", () => {
  it("shows one table for each scenario with the flags below", () => {
    const lines = formatSummary(comparison()).split("\n");
    expect(lines.map((line) => line.replaceAll(/ {2,}/g, "|"))).toEqual([
      "route, 64 B, 64k flows, skb",
      "subject|throughput, Mpps|of kernel|cpu-per-frame, µs|placement",
      "millrace|0.550 (0.500 to 0.900)|0.50 (0.50 to 0.75)|1.75 (1.70 to 1.80)|CPU 1",
      "kernel|1.10 (1.00 to 1.20)|1",
      "|! kernel: disturbed: others used 14 % of a CPU",
      "",
      "|the machine was *quiet*",
      "",
    ]);
  });

  it("has nothing to show of nothing", () => {
    expect(formatSummary(resultOf([]))).toBe("");
  });
});
