import { expect, test } from "vitest";
import { formatAddress, parseAddress } from "../networks/ip.ts";
import { insideOwn, nested } from "./prefixes.ts";
import { isUnicast, readAddress, readPrefix, readStation } from "./read.ts";

test("Each prefix is listed with the next one around it, single addresses and defaults are not", () => {
  const prefixes = [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.1.2.0/24",
    "10.1.2.3/32",
    "192.0.2.0/24",
    "::/0",
    "fd00::/16",
    "fd00:1::/32",
    "fd00:1::1/128",
  ];
  expect(nested(prefixes)).toEqual([
    { inner: "10.1.0.0/16", outer: "10.0.0.0/8" },
    { inner: "10.1.2.0/24", outer: "10.1.0.0/16" },
    { inner: "fd00:1::/32", outer: "fd00::/16" },
  ]);
});

test("What is inside a prefix of ours is found, but single addresses may be", () => {
  const network = { prefixes: ["10.1.0.0/16", "fd00:1::/64"] } as never;
  expect(insideOwn(network, "10.1.0.0/16")).toBe("10.1.0.0/16");
  expect(insideOwn(network, "fd00:1::/80")).toBe("fd00:1::/64");
  for (const prefix of ["10.1.0.7/32", "fd00:1::7/128", "10.0.0.0/8", "10.2.0.0/16"]) {
    expect(insideOwn(network, prefix)).toBeNull();
  }
});

test("MAC addresses are those of one station", () => {
  expect(readStation("02:AB:00:00:00:0f")).toBe("02:ab:00:00:00:0f");
  for (const bad of ["", "02:ab:00:00:00", "01:00:5e:00:00:01", "00:00:00:00:00:00", "x"]) {
    expect(readStation(bad)).toBeNull();
  }
});

test("Addresses are read in their canonical form", () => {
  expect(readAddress("10.1.2.3")).toBe("10.1.2.3");
  expect(readAddress("FD00:0:0:0::1")).toBe("fd00::1");
  expect(readAddress("2001:db8:0:1:1:1:1:1")).toBe("2001:db8:0:1:1:1:1:1");
  for (const [text, canonical] of [
    ["::5.6.7.8", "::506:708"],
    ["::1:0002", "::1:2"],
    ["::100:0", "::100:0"],
    ["::2", "::2"],
    ["64:ff9b::5.6.7.8", "64:ff9b::506:708"],
  ] as const) {
    expect(readAddress(text)).toBe(canonical);
    expect(formatAddress(parseAddress(canonical))).toBe(canonical);
  }
  for (const bad of ["", "10.1", "01.2.3.4", "fe80::1%eth0", "::ffff:10.1.2.3", "10.1.2.3/32"]) {
    expect(readAddress(bad)).toBeNull();
  }
  expect(readPrefix("FD00::/16")).toBe("fd00::/16");
  expect(() => readPrefix("10.1.2.3/24")).toThrow("host bits are set, the prefix is 10.1.2.0/24");
});

test("A VTEP has the address of one host", () => {
  for (const good of ["192.0.2.1", "10.0.0.1", "2001:db8::1", "fd00::1"]) {
    expect(isUnicast(good)).toBe(true);
  }
  for (const bad of ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "169.254.1.1"]) {
    expect(isUnicast(bad)).toBe(false);
  }
  for (const bad of ["::", "::1", "fe80::1", "ff02::1"]) expect(isUnicast(bad)).toBe(false);
});
