import { describe, expect, it } from "vitest";
import { inRanges, parsePfSelector } from "./pf-selector.ts";

describe("parsePfSelector", () => {
  it.each([
    ["ens1f0", { pf: "ens1f0", vfs: null }],
    ["0000:01:00.0#5", { pf: "0000:01:00.0", vfs: [{ first: 5, last: 5 }] }],
    [
      "ens1f0#0-3,5,7-7",
      {
        pf: "ens1f0",
        vfs: [
          { first: 0, last: 3 },
          { first: 5, last: 5 },
          { first: 7, last: 7 },
        ],
      },
    ],
  ])("reads %s", (text, selector) => {
    expect(parsePfSelector(text)).toEqual(selector);
  });

  it.each([
    ["#0-3", "no PF before #"],
    ["ens1f0#0#1", "more than one #"],
    ["ens1f0#", '"" is neither a number nor a range of VFs'],
    ["ens1f0#1,,3", '"" is neither a number nor a range of VFs'],
    ["ens1f0#a-b", '"a-b" is neither a number nor a range of VFs'],
    ["ens1f0#1-2-3", '"1-2-3" is neither a number nor a range of VFs'],
    ["ens1f0#250-256", "VF 256 is above 255"],
    ["ens1f0#5-3", "range 5-3 is out of order"],
    ["ens1f0#5,0-3", "0-3 is out of order after 5"],
    ["ens1f0#0-3,3", "3 is out of order after 0-3"],
  ])("says what is wrong with %s: %s", (text, problem) => {
    expect(parsePfSelector(text)).toBe(problem);
  });
});

describe("inRanges", () => {
  it("includes both ends, and every VF when none is named", () => {
    const vfs = [
      { first: 0, last: 2 },
      { first: 5, last: 5 },
    ];
    expect([0, 1, 2, 3, 4, 5, 6].filter((index) => inRanges(vfs, index))).toEqual([0, 1, 2, 5]);
    expect(inRanges(null, 99)).toBe(true);
  });
});
