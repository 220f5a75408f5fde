import { describe, expect, it } from "vitest";
import { seeded } from "../methods/simulated.ts";
import { judge, judgementText, type Reading, summaryOf } from "./verdict.ts";
import { type VitalName, type Vitals, vitals } from "./vitals.ts";

const nothing = Object.fromEntries(vitals.map(({ name }) => [name, null])) as Vitals;

/** A soak of ten minutes with 20 pods in each window of ten seconds. */
function soakOf(name: VitalName, of: (gone: number, window: number) => number): Reading[] {
  return Array.from({ length: 60 }, (_, window) => {
    const gone = 20 * (window + 1);
    return {
      ...{ seconds: 10 * (window + 1), gone },
      vitals: { ...nothing, [name]: of(gone, window) },
    };
  });
}

function verdictOf(name: VitalName, of: (gone: number, window: number) => number, windows = 60) {
  return judge(soakOf(name, of).slice(0, windows), 60).find((one) => one.name === name)?.verdict;
}

describe("what pods leave behind", () => {
  it("is nothing where what is watched stays as it is", () => {
    expect(verdictOf("descriptors", () => 71)).toBe("flat");
  });

  it("is found when each of them leaves one piece, or one of five does", () => {
    expect(verdictOf("bpf-links", (gone) => 4 + gone)).toBe("grows");
    expect(verdictOf("umem-in-use", (gone) => 1024 + Math.floor(gone / 5))).toBe("grows");
  });

  it("is not what fills in the first minute", () => {
    expect(verdictOf("resident-memory", (_, window) => 1e8 + 1e6 * Math.min(5, window))).toBe(
      "flat",
    );
  });

  it("is found in memory behind the noise of a machine", () => {
    const random = seeded(1);
    const noise = () => 4e6 * (random() - 0.5);
    expect(verdictOf("kernel-memory", (gone) => 1e9 + 40_000 * gone + noise())).toBe("grows");
    expect(verdictOf("kernel-memory", () => 1e9 + noise())).toBe("flat");
  });

  it("cannot be told behind more noise than that, which is no verdict either way", () => {
    const random = seeded(1);
    expect(verdictOf("kernel-memory", () => 1e9 + 4e8 * (random() - 0.5))).toBe("unclear");
    expect(verdictOf("descriptors", () => 1, 8)).toBe("unclear");
  });

  it("is not what a heap gains until it is collected, but is what it gains for hours", () => {
    const heap = (gone: number, window: number) => 1.6e8 + 20_000 * gone - (window < 8 ? 0 : 1e7);
    expect(verdictOf("resident-memory", heap)).toBe("flat");
    expect(verdictOf("resident-memory", (gone) => 1.6e8 + 40_000 * gone)).toBe("grows");
  });

  it("is not judged by memory that everybody uses", () => {
    expect(verdictOf("memory-used", (gone) => 1e9 + 1e6 * gone)).toBe("shown");
  });

  it("is unknown where the machine does not tell", () => {
    const judged = judge(
      soakOf("descriptors", () => 1),
      60,
    );
    expect(judged.filter(({ verdict }) => verdict === "unknown")).toHaveLength(vitals.length - 1);
  });
});

describe("the words for it", () => {
  it("name what grows first, and by how much for each pod", () => {
    const judged = judge(
      soakOf("bpf-maps", (gone) => 4 + 2 * gone),
      60,
    );
    expect(summaryOf(judged)).toBe("GROWS: bpf-maps");
    expect(judged.map(judgementText)).toContain(
      "bpf-maps: +2 maps per pod (2 to 2), limit 0.1: grows",
    );
    expect(judged.map(judgementText)).toContain("descriptors: not told by this machine");
  });

  it("say when there are too few windows", () => {
    const judged = judge(soakOf("descriptors", () => 1).slice(0, 8), 60);
    expect(judged.map(judgementText)).toContain(
      "descriptors: 0 descriptors per pod (too few windows for an interval), limit 0.1: unclear",
    );
  });
});
