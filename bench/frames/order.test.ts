import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { playOrder, spreadSizes } from "./order.ts";
import { imix } from "./sizes.ts";

const times = <T>(values: readonly T[]) => {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
};

const sizes = fc
  .array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 })
  .map((weights) => weights.map((weight, i) => ({ bytes: 64 + i, weight })));

describe("spreadSizes", () => {
  it("spreads IMIX: 7, 4 and 1 of 12, the small ones never more than two in a row", () => {
    const cycle = spreadSizes(imix);
    expect(times(cycle)).toEqual(
      new Map([
        [64, 7],
        [594, 4],
        [1518, 1],
      ]),
    );
    expect([...cycle, ...cycle].join()).not.toContain("64,64,64");
  });

  it("reduces weights to the shortest cycle", () => {
    expect(
      spreadSizes([
        { bytes: 64, weight: 6 },
        { bytes: 128, weight: 3 },
      ]),
    ).toHaveLength(3);
  });

  it("is within one frame of the share after any number of frames", () => {
    fc.assert(
      fc.property(sizes, (mix) => {
        const cycle = spreadSizes(mix);
        const weights = mix.reduce((sum, { weight }) => sum + weight, 0);
        for (let n = 1; n <= cycle.length; n++) {
          const counts = times(cycle.slice(0, n));
          for (const { bytes, weight } of mix) {
            expect(Math.abs((counts.get(bytes) ?? 0) - (n * weight) / weights)).toBeLessThan(1.5);
          }
        }
      }),
    );
  });
});

describe("playOrder", () => {
  it("has every flow in every size, exactly as often as the shares say", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), sizes, (flows, mix) => {
        const turns = playOrder(flows, mix);
        const cycle = times(spreadSizes(mix));
        const met = times(turns.map(({ flow, bytes }) => `${flow} ${bytes}`));
        expect(met.size).toBe(flows * cycle.size);
        for (const [key, count] of met) {
          expect(count).toBe(cycle.get(Number(key.split(" ")[1])));
        }
      }),
    );
  });

  it("visits every flow once, consecutive ones far apart", () => {
    for (const flows of [1, 2, 3, 16, 1000, 30030, 65536]) {
      const turns = playOrder(flows, [{ bytes: 64, weight: 1 }]);
      expect(new Set(turns.map(({ flow }) => flow)).size).toBe(flows);
      expect(turns).toHaveLength(flows);
      const steps = turns.slice(1).map(({ flow }, i) => Math.abs(flow - (turns[i]?.flow ?? 0)));
      expect(Math.min(...steps, flows)).toBeGreaterThanOrEqual(Math.floor(flows / 3));
    }
  });

  it("plays 65536 flows in IMIX with exact shares, each flow in the size it got", () => {
    const turns = playOrder(65536, imix);
    expect(turns).toHaveLength(65544);
    expect(times(turns.map(({ bytes }) => bytes))).toEqual(
      new Map([
        [64, 7 * 5462],
        [594, 4 * 5462],
        [1518, 5462],
      ]),
    );
    const flows = times(turns.map(({ flow }) => flow));
    expect(flows.size).toBe(65536);
    expect([...flows.values()].filter((count) => count > 1)).toHaveLength(8);
  });

  it("refuses what takes too many templates, with the numbers", () => {
    const mix = [
      { bytes: 64, weight: 999 },
      { bytes: 65, weight: 1000 },
      { bytes: 66, weight: 1000 },
    ];
    expect(() => playOrder(130_000, mix)).toThrow(
      "130000 flows in a mix of 2999 frames take 131956 templates; at most 131072: use fewer flows or smaller weights",
    );
  });
});
