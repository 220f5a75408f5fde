import { describe, expect, it } from "vitest";
import type { Score } from "../methods/compare.ts";
import { simulate } from "../methods/simulated.ts";
import { Draft } from "./draft.ts";
import { scenarioOf } from "./recorder.ts";
import { recordScores } from "./scores.ts";

const traffic = { source: "skb" as const, sizes: [{ bytes: 64, weight: 1 }], flows: 1 };
const scenario = scenarioOf({ task: "route", ...traffic });

async function flagsAt(rates: Record<string, number>): Promise<Record<string, string[]>> {
  const draft = new Draft({ method: "compare", command: ["millrace"], version: "0.1.0" });
  draft.addScenario(scenario);
  const scores: Score[] = [];
  for (const [subject, capacity] of Object.entries(rates)) {
    draft.addSubject(subject, "simulated");
    const trial = await simulate({ capacity })({ ...traffic, rate: null, seconds: 1 });
    scores.push({ scenario: scenario.name, subject, placement: "CPU 1", trials: [trial] });
  }
  recordScores(draft, scores);
  const throughputs = draft.finish().measurements.filter(({ metric }) => metric === "throughput");
  return Object.fromEntries(
    throughputs.map(({ subject, flags }) => [subject, flags.map(({ name }) => name)]),
  );
}

describe("scores of a comparison", () => {
  it("flag a device that is as fast as generator and sink alone", async () => {
    const flags = await flagsAt({ none: 1_000_000, quick: 970_000, slow: 900_000 });
    expect(flags).toEqual({ none: [], quick: ["generator-limited"], slow: [] });
  });

  it("flag none where nobody measured what generator and sink reach alone", async () => {
    expect(await flagsAt({ quick: 970_000, slow: 900_000 })).toEqual({ quick: [], slow: [] });
  });
});
