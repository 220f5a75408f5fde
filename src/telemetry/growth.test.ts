import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Growth } from "./growth.ts";

describe("Growth", () => {
  it("counts the first total whole and later ones by what was added", () => {
    const growth = new Growth();
    expect(growth.since("port 0", "rx", 10)).toBe(10);
    growth.endRound();
    expect(growth.since("port 0", "rx", 25)).toBe(15);
  });

  it("takes a smaller total for a counter that began again", () => {
    const growth = new Growth();
    growth.since("port 0", "rx", 10);
    growth.endRound();
    expect(growth.since("port 0", "rx", 4)).toBe(4);
  });

  it("remembers a counter that was not seen for a round while its source was", () => {
    const growth = new Growth();
    growth.since("port 0", "rx", 10);
    growth.endRound();
    growth.since("port 0", "tx", 1);
    growth.endRound();
    expect(growth.since("port 0", "rx", 12)).toBe(2);
  });

  it("forgets a source that was not seen in a round and names it", () => {
    const growth = new Growth();
    growth.since("port 0", "rx", 10);
    expect(growth.endRound()).toEqual([]);
    expect(growth.endRound()).toEqual(["port 0"]);
    expect(growth.since("port 0", "rx", 10)).toBe(10);
  });

  it("adds up to the last total when nothing began again", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), (steps) => {
        const growth = new Growth();
        let total = 0;
        let sum = 0;
        for (const step of steps) {
          total += step;
          sum += growth.since("port 0", "rx", total);
          growth.endRound();
        }
        expect(sum).toBe(total);
      }),
    );
  });
});
