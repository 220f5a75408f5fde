import { expect, test } from "vitest";
import type { Score } from "./rounds.ts";
import { describeRatios, judge } from "./targets.ts";

const score = (...rates: number[]): Score => ({ placement: "", rates, samples: [] });

test("a promise is judged by the median of the ratios within each round", () => {
  const scores = new Map([
    [
      "ipv4-64B-1flow-skb",
      new Map([
        ["millrace" as const, score(100, 200, 130)],
        ["kernel" as const, score(100, 100, 100)],
      ]),
    ],
  ]);
  const [target, ...others] = judge(scores);
  expect(others).toEqual([]);
  expect(target?.pass).toBe(true);
  expect(target?.text).toMatch(/1.25 x kernel .*: measured 1.30 \(1.00 to 2.00\)$/);
  expect(describeRatios(scores)).toEqual([
    "ipv4-64B-1flow-skb: millrace/kernel 1.30 (1.00 to 2.00)",
  ]);
});

test("many flows are compared with one flow of the same source", () => {
  const scores = new Map([
    ["ipv4-64B-1flow-frame", new Map([["millrace" as const, score(100)]])],
    ["ipv4-64B-64kflows-frame", new Map([["millrace" as const, score(94)]])],
  ]);
  expect(judge(scores)).toEqual([
    {
      text: "frame source: 64 k flows less than 5 % below 1 flow: measured 0.94 (0.94 to 0.94)",
      pass: false,
    },
  ]);
});
