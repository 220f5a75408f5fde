import { expect, it } from "vitest";
import { checksumOf, sumWords } from "./checksum.ts";

it("sums words as in the example of RFC 1071 section 3", () => {
  const bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
  const sum = sumWords(new DataView(new Uint8Array(bytes).buffer), 0, 8);
  expect(sum).toBe(0x2ddf0);
  expect(checksumOf(sum)).toBe(0xffff - 0xddf2);
});

it.each([
  [0, 0xffff],
  [0xffff, 0],
  [0x10000, 0xfffe],
  // The first carry makes another.
  [0x1ffff, 0xfffe],
])("the checksum of the sum %i is %i", (sum, checksum) => {
  expect(checksumOf(sum)).toBe(checksum);
});
