import { expect, it } from "vitest";
import { addRatio } from "./ratio.ts";
import type { VfTimes } from "./times.ts";

const of = (subject: VfTimes["subject"], ADD: number[]): VfTimes => ({
  ...{ scenario: "vf-add", subject, calls: { ADD, DEL: [1] } },
});

it("a machine that is slow for one pair does not change the ratio", () => {
  const times = [of("millrace", [50, 5000, 60]), of("sriov-cni", [100, 10_000, 120])];
  expect(addRatio(times)).toBe(0.5);
});

it("pairs are those of the same round", () => {
  const first = [of("millrace", [10]), of("sriov-cni", [10])];
  const more = [of("millrace", [30, 30]), of("sriov-cni", [10, 10])];
  expect(addRatio([...first, ...more])).toBe(3);
});

it("nothing measured is no ratio", () => {
  expect(() => addRatio([])).toThrow("quantile of no values");
});
