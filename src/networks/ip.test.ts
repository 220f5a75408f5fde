import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addressBits,
  contains,
  covers,
  formatAddress,
  formatPrefix,
  overlaps,
  type Prefix,
  parseAddress,
  parsePrefix,
} from "./ip.ts";

const address = fc.oneof(
  fc.record({ family: fc.constant(4 as const), value: fc.bigInt(0n, 2n ** 32n - 1n) }),
  // ::ffff:0:0/96 is the IPv4-mapped range, which is refused.
  fc.record({ family: fc.constant(6 as const), value: fc.bigInt(2n ** 48n, 2n ** 128n - 1n) }),
);
const prefix = fc.tuple(address, fc.nat(128)).map(([{ family, value }, any]): Prefix => {
  const length = any % (addressBits(family) + 1);
  const host = BigInt(addressBits(family) - length);
  return { family, length, base: (value >> host) << host };
});

describe("address arithmetic", () => {
  it("reads back every address it writes", () => {
    fc.assert(
      fc.property(address, (a) => {
        expect(parseAddress(formatAddress(a))).toEqual(a);
      }),
    );
  });

  it("writes IPv6 as RFC 5952 wants it", () => {
    expect(formatAddress(parseAddress("FD00:1:0:0:0:0:0:00A1"))).toBe("fd00:1::a1");
    expect(formatAddress(parseAddress("2001:db8:0:1:1:1:1:1"))).toBe("2001:db8:0:1:1:1:1:1");
  });

  it.each([
    "10.1",
    "010.1.0.1",
    "0x7f.0.0.1",
    "256.0.0.1",
    "fe80::1%eth0",
    "::ffff:10.0.0.1",
    "",
  ])("refuses the address %j", (text) => expect(() => parseAddress(text)).toThrow(RangeError));

  it.each([
    ["10.1.0.0", "length is missing"],
    ["10.1.0.0/33", "0 to 32"],
    ["10.1.0.0/x", "0 to 32"],
    ["fd00::/129", "0 to 128"],
    ["10.1.0.7/24", "host bits are set, the prefix is 10.1.0.0/24"],
    ["fd00:1::1/64", "host bits are set, the prefix is fd00:1::/64"],
  ])("refuses the prefix %j because %s", (text, why) => {
    expect(() => parsePrefix(text)).toThrow(why);
  });

  it("reads back every prefix it writes, and its base is inside", () => {
    fc.assert(
      fc.property(prefix, (p) => {
        fc.pre(p.family === 4 || p.base >= 2n ** 48n);
        expect(parsePrefix(formatPrefix(p))).toEqual(p);
        expect(contains(p, { family: p.family, value: p.base })).toBe(true);
      }),
    );
  });

  it("finds two prefixes overlapping exactly when one covers the other", () => {
    fc.assert(
      fc.property(prefix, prefix, (a, b) => {
        expect(overlaps(a, b)).toBe(overlaps(b, a));
        expect(overlaps(a, b)).toBe(covers(a, b) || covers(b, a));
        if (a.family !== b.family) expect(overlaps(a, b)).toBe(false);
      }),
    );
    expect(overlaps(parsePrefix("10.0.0.0/8"), parsePrefix("10.1.0.0/24"))).toBe(true);
    expect(overlaps(parsePrefix("10.1.1.0/24"), parsePrefix("10.1.0.0/24"))).toBe(false);
  });
});
