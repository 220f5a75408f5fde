import { describe, expect, it } from "vitest";
import { displayUnit, formatNumber } from "./units.ts";

describe("displayUnit", () => {
  it("chooses the prefix by the largest value", () => {
    expect(displayUnit("frames/s", [820_000, 1_300_000])).toEqual({ text: "Mpps", per: 1e6 });
    expect(displayUnit("frames/s", [820_000])).toEqual({ text: "kpps", per: 1e3 });
    expect(displayUnit("bit/s", [7.4e9]).text).toBe("Gbit/s");
    expect(displayUnit("ns", [62.5]).text).toBe("ns");
    expect(displayUnit("ns", [24_000]).text).toBe("µs");
  });

  it("leaves units alone that it does not know", () => {
    expect(displayUnit("furlongs", [5e9])).toEqual({ text: "furlongs", per: 1 });
    expect(displayUnit("percent", [0.02]).text).toBe("%");
  });
});

describe("formatNumber", () => {
  it("keeps three significant digits, and every digit before the point", () => {
    expect([0.8234, 9.994, 12.34, 1234.5, 0, 5, -0.5].map(formatNumber)).toEqual([
      "0.823",
      "9.99",
      "12.3",
      "1,235",
      "0",
      "5",
      "-0.500",
    ]);
  });
});
