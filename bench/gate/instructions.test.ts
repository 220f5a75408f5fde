import { expect, it } from "vitest";
import { parseDump } from "./instructions.ts";

const head = "# callgrind format\nversion: 1\n\ndesc: I1 cache: \n";

it("reads name and total of a dump that a case has asked for", () => {
  const text = `${head}desc: Trigger: Client Request: native-lpm4-1k-hit\nsummary: 12\n\ntotals: 154938\n`;
  expect(parseDump(text)).toEqual([["native-lpm4-1k-hit", 154938]]);
});

it("leaves out the dump at the end of the program", () => {
  expect(parseDump(`${head}desc: Trigger: Program termination\ntotals: 140453024\n`)).toEqual([]);
});

it("refuses a dump without a total", () => {
  expect(() => parseDump(`${head}desc: Trigger: Client Request: lookup\n`)).toThrow(
    "the dump of lookup has no totals",
  );
});
