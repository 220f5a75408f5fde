import { describe, expect, it } from "vitest";
import { formatSizes, imix, meanBytes, parseSizes, rfc2544Sizes } from "./sizes.ts";

describe("parseSizes", () => {
  it("reads one size, IMIX and a mix", () => {
    expect(parseSizes("64")).toEqual([{ bytes: 64, weight: 1 }]);
    expect(parseSizes("IMIX")).toBe(imix);
    expect(parseSizes("64:7,594:4,1518:1")).toEqual(imix);
  });

  const accepted =
    'expected "64" (bytes with FCS), "imix", or sizes with weights as "64:7,594:4,1518:1"';
  it.each([
    ["", `size "": ${accepted}`],
    ["64B", `size "64B": ${accepted}`],
    ["64,128", `size "64": ${accepted}`],
    ["64:1,,128:1", `size "": ${accepted}`],
    ["rfc2544", `size "rfc2544": ${accepted}`],
    ["-64", `size "-64": ${accepted}`],
    ["4", "size 4: expected 5 to 9018 bytes"],
    ["9019", "size 9019: expected 5 to 9018 bytes"],
    ["64:0", "size 64:0: expected a weight from 1 to 1000"],
    ["64:1001", "size 64:1001: expected a weight from 1 to 1000"],
    ["64:1,128:1,64:2", "size 64: named twice in 64:1,128:1,64:2; add up its weights"],
  ])("refuses %j in words", (text, message) => {
    expect(() => parseSizes(text)).toThrow(new Error(message));
  });
});

describe("formatSizes", () => {
  it.each([
    ["64", "64 B"],
    ["imix", "IMIX"],
    ["64:7,594:4,1518:1", "IMIX"],
    ["64:7,128:1", "64:7,128:1 B"],
  ])("writes %s as %s", (text, written) => {
    expect(formatSizes(parseSizes(text))).toBe(written);
  });
});

it("the mean of IMIX is 361.8 bytes", () => {
  expect(meanBytes(imix)).toBeCloseTo(361.833, 3);
  expect(meanBytes(parseSizes("1518"))).toBe(1518);
});

it("the set of RFC 2544 for Ethernet has seven sizes", () => {
  expect(rfc2544Sizes).toEqual([64, 128, 256, 512, 1024, 1280, 1518]);
});
