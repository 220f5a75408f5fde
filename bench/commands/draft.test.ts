import { expect, it } from "vitest";
import { complaints } from "../report/read.ts";
import { Draft } from "./draft.ts";

const value = {
  scenario: "a",
  subject: "one",
  metric: "ndr",
  unit: "frames/s",
  better: "higher" as const,
};
const flag = (name: "disturbed" | "clock", text = "") => ({ name, text });

function draft(): Draft {
  const made = new Draft({ method: "pps", command: ["millrace", "bench"], version: "0.1.0" });
  made.addScenario({ name: "a" });
  made.addSubject("one", "the first");
  return made;
}

it("values of a metric are collected round by round, with the flags of all", () => {
  const made = draft();
  made.add({ ...value, value: 1, flags: [flag("disturbed", "first")] });
  made.add({ ...value, value: 2, flags: [flag("disturbed", "second"), flag("clock", "poor")] });
  const [measurement, ...others] = made.finish().measurements;
  expect(others).toEqual([]);
  expect(measurement?.values).toEqual([1, 2]);
  expect(measurement?.flags).toEqual([
    flag("disturbed", "second"),
    flag("clock", "in 1 of 2 rounds: poor"),
  ]);
});

it("is a valid result at any time", () => {
  const made = draft();
  expect(complaints(made.finish())).toEqual([]);
  made.add({ ...value, value: 1 });
  made.note("said once");
  made.note("said once");
  expect(complaints(made.finish())).toEqual([]);
  expect(made.finish().notes).toEqual(["said once"]);
});

it("what is finished does not change with what comes after", () => {
  const made = draft();
  made.add({ ...value, value: 1 });
  const first = made.finish();
  made.add({ ...value, value: 2 });
  expect(first.measurements[0]?.values).toEqual([1]);
});

it("a reference that was not measured is none", () => {
  const made = draft();
  made.setReference("two");
  expect(made.finish().reference).toBeNull();
  made.addSubject("two", "the second");
  expect(made.finish().reference).toBe("two");
});

it("a series takes the place of the one before it", () => {
  const made = draft();
  const axis = { label: "x", unit: "s" };
  for (const end of [1, 2]) {
    const key = { scenario: "a", subject: "one", title: "rate", x: axis, y: axis };
    made.setSeries({
      ...key,
      points: [
        [0, 0],
        [end, end],
      ],
    });
  }
  expect(made.finish().series).toHaveLength(1);
  expect(made.finish().series[0]?.points.at(-1)).toEqual([2, 2]);
});
