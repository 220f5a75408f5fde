import { expect, it } from "vitest";
import { callRows } from "./call-rows.ts";

it("quantiles are over all calls, their spread over the rounds", () => {
  const rounds = [
    { ADD: [10, 20, 30], DEL: [1] },
    { ADD: [40, 50, 60], DEL: [3] },
  ];
  const rows = callRows("some", "millrace", rounds);
  expect(rows.map(({ metric }) => metric)).toEqual(["add-p50", "add-p95", "del-p50", "del-p95"]);
  expect(rows[0]).toEqual({
    ...{ scenario: "some", subject: "millrace", metric: "add-p50", unit: "ms" },
    ...{ median: 35, min: 20, max: 50, rounds: 2 },
  });
  expect(rows[2]).toMatchObject({ median: 2, min: 1, max: 3 });
});

it("a round without a call of a verb counts for nothing", () => {
  const rounds = [
    { ADD: [10], DEL: [] },
    { ADD: [30], DEL: [4] },
  ];
  expect(callRows("some", "ptp", rounds)[2]).toMatchObject({ median: 4, min: 4, max: 4 });
});
