import { describe, expect, it } from "vitest";
import { selectSuites, suites } from "./suites.ts";

describe("selectSuites", () => {
  it("runs every suite when none is named", () => {
    expect(selectSuites(undefined)).toEqual(suites);
  });

  it("keeps the order of a run whatever the order of the names", () => {
    expect(selectSuites("unit,native").map(({ name }) => name)).toEqual(["native", "unit"]);
  });

  it("names the unknown suite and the known ones", () => {
    expect(() => selectSuites("unit,kube")).toThrow(
      /--only kube: .*native,sanitize,unit,netns,cni/,
    );
  });
});
