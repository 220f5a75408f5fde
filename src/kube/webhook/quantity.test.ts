import { expect, it } from "vitest";
import { countOf } from "./quantity.ts";

it.each([
  [undefined, 0],
  ["0", 0],
  ["2", 2],
  [3, 3],
  ["2k", 2000],
  ["2Ki", 2048],
  ["1M", 1e6],
  ["1Gi", 2 ** 30],
  ["2e3", 2000],
])("the quantity %s is %d", (quantity, count) => {
  expect(countOf(quantity)).toBe(count);
});

it.each([
  "",
  "two",
  "1.5",
  "-1",
  "1ki",
  "1K",
  " 1",
])("a quantity that only the API can judge (%j) is never too little", (quantity) => {
  expect(countOf(quantity)).toBe(Number.POSITIVE_INFINITY);
});
