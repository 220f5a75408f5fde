import { describe, expect, it } from "vitest";
import type { Trial } from "../trial/types.ts";
import { Evidence, type Goal } from "./evidence.ts";
import { simulate } from "./simulated.ts";

const ndr: Goal = { name: "ndr", loss: 0 };
const pdr: Goal = { name: "pdr", loss: 0.01 };
const plain = await simulate({ capacity: 1e9 })({
  ...{ source: "skb", sizes: [], flows: 1, rate: 1000, seconds: 1 },
});

/** Evidence from trials of a thousand frames. */
function gather(
  ...trials: [rate: number, lost: number, more?: { seconds?: number; doubtful?: boolean }][]
) {
  const evidence = new Evidence();
  for (const [rate, lost, { seconds = 1, doubtful = false } = {}] of trials) {
    const flags: Trial["flags"] = doubtful ? [{ name: "disturbed", text: "" }] : [];
    evidence.add(rate, { ...plain, load: { ...plain.load, seconds }, sent: 1000, lost, flags });
  }
  return evidence;
}

describe("what trials say about a rate that is looked for", () => {
  it("lies between the highest good rate and the lowest bad one above it", () => {
    const evidence = gather([10, 0], [20, 0], [30, 5], [40, 20]);
    expect(evidence.bracket(ndr, 1)).toEqual({ lower: 20, upper: 30 });
    expect(evidence.bracket(pdr, 1)).toEqual({ lower: 30, upper: 40 });
  });

  it("knows no good rate above a loss, unless all that was lost is doubtful", () => {
    const clear = gather([10, 0], [20, 1], [30, 0], [40, 9]);
    expect(clear.bracket(ndr, 1)).toEqual({ lower: 10, upper: 20 });
    const doubtful = gather([10, 0], [20, 1, { doubtful: true }], [30, 0], [40, 9]);
    expect(doubtful.bracket(ndr, 1)).toEqual({ lower: 30, upper: 40 });
  });

  it("takes a doubtful loss for one where nothing speaks against it, or only shorter trials", () => {
    const alone = gather([10, 0], [20, 1, { doubtful: true }]);
    expect(alone.bracket(ndr, 1)).toEqual({ lower: 10, upper: 20 });
    const short = gather([10, 0], [20, 1, { doubtful: true, seconds: 5 }], [30, 0]);
    expect(short.bracket(ndr, 1)).toEqual({ lower: 10, upper: 20 });
  });

  it("goes by the majority of the longest trials at a rate, and by the loss in a tie", () => {
    expect(gather([10, 0], [10, 1]).bracket(ndr, 1).upper).toBe(10);
    expect(gather([10, 0], [10, 1], [10, 0]).bracket(ndr, 1).lower).toBe(10);
    const longer = gather([10, 0, { seconds: 5 }], [10, 1], [10, 1]);
    expect(longer.bracket(ndr, 1)).toEqual({ lower: 10, upper: null });
  });

  it("is not proven by trials shorter than asked for", () => {
    const evidence = gather([10, 0, { seconds: 5 }], [20, 0], [30, 1]);
    expect(evidence.bracket(ndr, 5)).toEqual({ lower: 10, upper: 30 });
  });

  it("is unsure after one trial and after a tie", () => {
    expect(gather([10, 1]).isUnsure(10, ndr)).toBe(true);
    expect(gather([10, 1], [10, 0]).isUnsure(10, ndr)).toBe(true);
    expect(gather([10, 1], [10, 2]).isUnsure(10, ndr)).toBe(false);
    expect(gather([10, 1], [10, 0], [10, 0]).isUnsure(10, ndr)).toBe(false);
  });
});
