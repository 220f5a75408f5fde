import { describe, expect, it } from "vitest";
import { measured, resultOf } from "./fixture.ts";
import { exampleComparison } from "./fixture-comparison.ts";
import { renderHtml } from "./html.ts";
import type { Result } from "./result.ts";

const evil = `"'><script>alert(1)</script><img src=https://example.com/x onerror=alert(1)>&`;

/** A result with the same words wherever words may be. */
function withWords(words: string): Result {
  const flags = [{ name: "clock" as const, text: words }];
  const names = { scenario: words, subject: words, metric: words, unit: words };
  const axis = { label: words, unit: words };
  return resultOf([measured({ ...names, values: [1, 2], placement: words, modes: words, flags })], {
    method: words,
    version: words,
    command: [words],
    subjects: [{ name: words, description: words }],
    scenarios: [{ name: words, task: words, size: words }],
    reference: words,
    series: [
      {
        scenario: words,
        subject: words,
        title: words,
        x: axis,
        y: axis,
        points: [
          [1, 2],
          [2, 3],
        ],
      },
    ],
    notes: [words],
    machine: { virtualization: words, mitigations: [words], settings: { [words]: words } },
  });
}

describe("renderHtml", () => {
  it("escapes every word that comes with the result", () => {
    const page = renderHtml(withWords(evil));
    expect(page.match(/<script|<img/)).toBeNull();
    expect(page).toContain("&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
    // Marks that the words bring are the same everywhere, so the tags are those of a harmless result.
    const tags = (text: string) => text.match(/<[a-z]+/g)?.toSorted();
    expect(tags(page)).toEqual(tags(renderHtml(withWords("harmless"))));
  });

  it("asks for nothing from outside, and forbids the browser to", () => {
    const page = renderHtml(exampleComparison(["route"]));
    expect(page.match(/(src|href)="(?!#|data:)/)).toBeNull();
    expect(page.match(/url\((?!#)|@import|https?:/)).toBeNull();
    expect(page).toContain(`content="default-src &#39;none&#39;;`);
  });

  it("keeps a full comparison with four percentiles near 1 MB", () => {
    expect(renderHtml(exampleComparison()).length).toBeLessThan(1.2e6);
  });

  it("hatches a flagged bar and says why", () => {
    const flags = [{ name: "disturbed" as const, text: "others used 14 % of a CPU" }];
    const plain = renderHtml(resultOf([measured({ values: [1, 2] })]));
    const flagged = renderHtml(resultOf([measured({ values: [1, 2], flags })]));
    expect(plain).not.toContain(`class="hatch"`);
    expect(flagged).toContain(`class="hatch"`);
    expect(flagged).toMatch(/<title>[^<]*disturbed: others used 14 % of a CPU<\/title>/);
  });

  it("draws no whisker for a single round", () => {
    expect(renderHtml(resultOf([measured({ values: [1] })]))).not.toContain(`class="whisker"`);
    expect(renderHtml(resultOf([measured({ values: [1, 2] })]))).toContain(`class="whisker"`);
  });

  it("draws the line rate over the frame sizes where the interfaces have one", () => {
    const sizes = [64, 512, 1518];
    const all = sizes.map((bytes) => measured({ scenario: `${bytes}`, values: [1e5] }));
    const scenarios = (lineRate?: number) =>
      sizes.map((bytes) => ({
        name: `${bytes}`,
        size: `${bytes} B`,
        ...(lineRate && { lineRate }),
      }));
    const page = renderHtml(resultOf(all, { scenarios: scenarios(1e9) }));
    // RFC 2544 leaves the maximum of Ethernet to RFC 1944's appendix: 1,488,095 frames of 64 bytes.
    expect(page).toContain("line rate 1.49 Mpps at 64 B");
    expect(renderHtml(resultOf(all, { scenarios: scenarios() }))).not.toContain("line rate");
  });

  it("draws one point where a series has a value of each round", () => {
    const axis = { label: "load", unit: "percent" };
    const points: [number, number][] = [
      [50, 10],
      [50, 30],
      [50, 11],
      [100, 40],
    ];
    const one = { scenario: "route", subject: "millrace", title: "t", x: axis, y: axis, points };
    const page = renderHtml(resultOf([measured({ values: [1] })], { series: [one] }));
    expect(page).toContain("<title>millrace: 11 % at 50 %</title>");
    expect(page.match(/<circle/g)).toHaveLength(2);
  });

  it("puts the scenarios of a single subject into one plot", () => {
    const all = ["64 B", "512 B"].map((scenario) => measured({ scenario, values: [1e6] }));
    const page = renderHtml(resultOf(all));
    expect(page.match(/<figure>/g)).toHaveLength(1);
    expect(page).toMatch(/<text class="name"[^>]*>512 B<\/text>/);
  });

  it("gives plots of very different values scales and units of their own", () => {
    const of = (scenario: string, value: number) =>
      ["a", "b"].map((subject) => measured({ scenario, subject, values: [value] }));
    const page = renderHtml(resultOf([...of("slow", 5000), ...of("fast", 5e6)]));
    expect(page).toContain("higher is better, each plot has a scale of its own");
    expect(page).toContain("<figcaption>slow (kpps)</figcaption>");
    expect(page).toContain("<figcaption>fast (Mpps)</figcaption>");
  });

  it("says that a metric was 0 everywhere instead of drawing it", () => {
    const page = renderHtml(resultOf([measured({ values: [0, 0], metric: "loss" })]));
    expect(page).toContain("loss <small>0 everywhere</small>");
    expect(page).not.toContain("<figure>");
  });

  it("draws over the frame size beside scenarios at a share of the load", () => {
    const sizes = ["64 B", "512 B", "1518 B"];
    const scenarios = sizes.flatMap((size) => [
      { name: size, size },
      { name: `${size}-50%`, size },
    ]);
    const all = sizes.flatMap((size) => [
      measured({ scenario: size, values: [1e6] }),
      measured({ scenario: `${size}-50%`, values: [1000], metric: "latency-p50", unit: "ns" }),
    ]);
    const page = renderHtml(resultOf(all, { scenarios }));
    expect(page).toContain("throughput over frame size");
    expect(page).toContain("64 B, 50%");
  });

  it("can do without measurements, ratios, and values above 0", () => {
    expect(renderHtml(resultOf([]))).toContain("Nothing was measured.");
    const zero = measured({ values: [0, 0], metric: "latency-p50", unit: "ns", better: "lower" });
    const page = renderHtml(resultOf([zero, { ...zero, metric: "latency-p99" }]));
    expect(page.match(/NaN|Infinity/)).toBeNull();
  });
});
