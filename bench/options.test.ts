import { expect, test } from "vitest";
import { parseOptions } from "./options.ts";

const known = ["fast", "slow"];

test("without names every scenario is run, five rounds each", () => {
  const options = parseOptions([], known);
  expect(options).toEqual({ names: known, list: false, json: null, rounds: 5, seconds: 1 });
});

test("names and options may come in any order", () => {
  const args = ["--rounds", "7", "slow", "--json", "out.json", "--seconds", "0.5"];
  const expected = { names: ["slow"], list: false, json: "out.json", rounds: 7, seconds: 0.5 };
  expect(parseOptions(args, known)).toEqual(expected);
});

test.each([
  [["medium"], /scenario medium is unknown: use one of fast, slow/],
  [["--rounds", "0"], /--rounds 0: expected a number from 1 to 100/],
  [["--rounds", "2.5"], /--rounds 2.5: expected a whole number/],
  [["--seconds", "soon"], /--seconds soon: expected a number from 0.1 to 30/],
  [["--seconds", ""], /--seconds : expected a number/],
  [["--quick"], /--quick/],
])("%j is refused with an error that names it", (args, message) => {
  expect(() => parseOptions(args, known)).toThrow(message);
});
