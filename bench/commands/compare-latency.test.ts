import { describe, expect, it } from "vitest";
import type { Scope } from "../../test/harness/scope.ts";
import { simulate } from "../methods/simulated.ts";
import type { Load } from "../trial/types.ts";
import { compareLatency, type LatencyOptions } from "./compare-latency.ts";
import type { Contestant } from "./contestants.ts";
import { Draft } from "./draft.ts";
import { Live } from "./live.ts";
import { scenarioOf } from "./recorder.ts";

const traffic = { source: "skb" as const, sizes: [{ bytes: 64, weight: 1 }], flows: 1 };
const scene = scenarioOf({ task: "route", ...traffic });

function contestant(subject: string, capacity: number, log: Load[], randomLoss = 0): Contestant {
  const run = simulate({ capacity, randomLoss, generator: 4_000_000 }, 1, log);
  const rested = { prepare: async () => {}, rest: async () => {} };
  return {
    ...{ scene, scenario: scene.name, subject, once: run, run },
    load: { ...traffic, rate: null, seconds: 1 },
    dut: { placements: () => ["CPU 1"], ...rested },
  };
}

async function measure(all: Contestant[], options: Partial<LatencyOptions> = {}) {
  const draft = new Draft({ method: "compare", command: ["millrace"], version: "0.1.0" });
  draft.addScenario(scene);
  for (const { subject } of all) draft.addSubject(subject, "simulated");
  const live = new Live({ write: () => {} }, true);
  const left: string[] = [];
  await compareLatency({ draft, live, scope: {} as Scope }, all, {
    ...{ rates: "own", rounds: 3, repeats: 0 },
    onFailure: async ({ subject }, error) => void left.push(`${subject}: ${error.message}`),
    ...options,
  });
  const { measurements } = draft.finish();
  const values = (metric: string, subject: string) =>
    measurements
      .filter((one) => one.metric === metric && one.subject === subject)
      .map((one): [string, number[]] => [
        one.scenario.replace(scene.name, ""),
        one.values.map((v) => Math.round(v / 1000)),
      ]);
  return { values, left };
}

describe("delays of devices side by side", () => {
  it("are measured at shares of what each of them carries, once per round", async () => {
    const log: Load[] = [];
    const { values } = await measure([
      contestant("quick", 1_000_000, log),
      contestant("slow", 100_000, []),
    ]);
    expect(values("offered", "slow")).toEqual([
      ["-10%", [10, 10, 10]],
      ["-50%", [50, 50, 50]],
      ["-90%", [90, 90, 90]],
    ]);
    const quick = values("offered", "quick").flatMap(([, rates]) => rates);
    for (const [at, share] of [0.1, 0.5, 0.9].entries()) {
      expect(Math.abs(Number(quick[3 * at]) / (1000 * share) - 1)).toBeLessThan(0.02);
    }
    expect(log.slice(-9).map(({ rate }) => Math.round((rate ?? 0) / 1e5))).toEqual([
      1, 5, 9, 5, 9, 1, 5, 9, 1,
    ]);
  });

  it("are measured at one rate for all when that is asked for: what the slowest carries", async () => {
    const all = [contestant("quick", 1_000_000, []), contestant("slow", 100_000, [])];
    const { values } = await measure(all, { rates: "common" });
    expect(values("offered", "quick")).toEqual(values("offered", "slow"));
    const [[, [found]]] = values("pdr", "quick") as [[string, [number]]];
    expect(found).toBeGreaterThan(900);
  });

  it("are not those of a device that loses frames at any rate, which leaves", async () => {
    const { values, left } = await measure([
      contestant("leaking", 1_000_000, [], 0.02),
      contestant("sound", 1_000_000, []),
    ]);
    expect(left).toEqual([expect.stringMatching(/^leaking: it loses frames at any rate/)]);
    expect(values("latency-p99", "leaking")).toEqual([]);
    expect(values("latency-p99", "sound")).toHaveLength(3);
  });
});
