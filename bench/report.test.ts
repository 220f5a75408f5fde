import { expect, test } from "vitest";
import { formatOutcome } from "./report.ts";

test("numbers align right, notes and targets follow in words", () => {
  const key = { scenario: "s", metric: "pps", unit: "packets/s", rounds: 5 };
  const text = formatOutcome({
    rows: [
      { ...key, subject: "millrace", median: 1234567.8, min: 9.87654, max: 2e6 },
      { ...key, subject: "kernel", median: 0.031415, min: 0, max: 12.3456 },
    ],
    notes: ["measured on a busy machine"],
    targets: [
      { text: "fast", pass: true },
      { text: "small", pass: false },
    ],
  });
  expect(text.split("\n")).toEqual([
    "scenario  subject   metric  unit          median    min        max  rounds",
    "s         millrace  pps     packets/s  1,234,568  9.877  2,000,000       5",
    "s         kernel    pps     packets/s    0.03142      0      12.35       5",
    "",
    "  measured on a busy machine",
    "",
    "  pass  fast",
    "  MISS  small",
  ]);
});
