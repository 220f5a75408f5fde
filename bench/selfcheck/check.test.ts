import { expect, test } from "vitest";
import { type Check, formatChecks, isDisturbed, judge, unlessDisturbed } from "./check.ts";

const known = { name: "loss", unit: "frames", expected: 1000 };

test("passes an error of up to one percent, to either side", () => {
  expect(judge({ ...known, measured: 1010 })).toMatchObject({ pass: true, errorPercent: 1 });
  expect(judge({ ...known, measured: 990 })).toMatchObject({ pass: true, errorPercent: -1 });
  expect(judge({ ...known, measured: 1011 })).toMatchObject({ pass: false });
  expect(judge({ ...known, measured: 989 })).toMatchObject({ pass: false });
});

test("passes nothing but zero where nothing is expected", () => {
  expect(judge({ ...known, expected: 0, measured: 0 }).pass).toBe(true);
  expect(judge({ ...known, expected: 0, measured: 1 }).pass).toBe(false);
});

test("fails what could not be measured", () => {
  expect(judge({ ...known, measured: Number.NaN }).pass).toBe(false);
  expect(judge({ ...known, expected: Number.NaN, measured: 1 }).pass).toBe(false);
});

test("blames others only for what failed while they used the machine", () => {
  const failed = { ...known, measured: 900 };
  expect(isDisturbed(judge({ ...failed, disturbance: 0.5 }))).toBe(true);
  expect(isDisturbed(judge({ ...failed, disturbance: 0.01 }))).toBe(false);
  expect(isDisturbed(judge(failed))).toBe(false);
  expect(isDisturbed(judge({ ...known, measured: 1000, disturbance: 0.5 }))).toBe(false);
});

/** Gives one result after the other, and counts. */
function series(...disturbances: number[]): { calls: number; check: () => Promise<Check[]> } {
  const counted = {
    calls: 0,
    check: async () => {
      const disturbance = disturbances[counted.calls++] ?? 0;
      return [judge({ ...known, measured: disturbance > 0 ? 0 : 1000, disturbance })];
    },
  };
  return counted;
}

test("checks again until nobody disturbs", async () => {
  const counted = series(0.5, 0.5);
  expect(await unlessDisturbed(counted.check, 5)).toMatchObject([{ pass: true }]);
  expect(counted.calls).toBe(3);
});

test("gives up when it is disturbed for too long, and never repeats an undisturbed failure", async () => {
  const busy = series(0.5, 0.5, 0.5);
  expect(await unlessDisturbed(busy.check, 1)).toMatchObject([{ pass: false }]);
  expect(busy.calls).toBe(2);
  const quiet = series(0.01);
  expect(await unlessDisturbed(quiet.check, 5)).toMatchObject([{ pass: false }]);
  expect(quiet.calls).toBe(1);
});

test("prints a line for each, and how many there are of each kind", () => {
  const text = formatChecks([
    judge({ ...known, measured: 1000, note: "of 300000" }),
    judge({ ...known, measured: 900 }),
    judge({ ...known, measured: 900, disturbance: 0.3 }),
  ]);
  expect(text).toMatch(/loss +1,000 +1,000 +frames +0\.00 % +1\.00 % +0\.00 % +pass +of 300000/);
  expect(text).toMatch(/loss +1,000 +900 +frames +-10\.00 % .* FAIL/);
  expect(text.trimEnd().split("\n").at(-1)).toBe("1 passed, 1 failed, 1 disturbed");
});
