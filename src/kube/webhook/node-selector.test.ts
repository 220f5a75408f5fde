import { describe, expect, it } from "vitest";
import { parseNodeSelector } from "./node-selector.ts";

describe("the node selector of a definition", () => {
  it.each([
    ["zone=a", { zone: "a" }],
    [" example.org/zone = a , gpu ", { "example.org/zone": "a", gpu: "" }],
    ["zone=a,zone=a", { zone: "a" }],
    ['{"zone": "a", "gpu": ""}', { zone: "a", gpu: "" }],
    ["{}", {}],
  ])("is read from %s", (text, labels) => {
    expect(Object.fromEntries(parseNodeSelector(text))).toEqual(labels);
  });

  it.each([
    ["zone=a=b", '"zone" is no label with its value; accepted: labels like'],
    ["=a", '"" is no label'],
    ["zone=a,", '"" is no label'],
    ["zone=a b", '"zone" is no label'],
    ["a/b/c=d", '"a/b/c" is no label'],
    ["_zone=a", '"_zone" is no label'],
    ['{"zone": 1}', '"zone" is no label'],
    ['{"zone": "a"', "accepted: labels like"],
    ["zone=a,zone=b", '"zone" is there with two values'],
  ])("is refused as %s", (text, words) => {
    expect(() => parseNodeSelector(text)).toThrow(words);
  });
});
