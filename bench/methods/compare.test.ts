import { describe, expect, it } from "vitest";
import type { Load } from "../trial/types.ts";
import { compare, type Entry, type Score } from "./compare.ts";
import { Contest } from "./contest.ts";
import { simulate } from "./simulated.ts";

const load: Load = { source: "skb", sizes: [], flows: 1, rate: null, seconds: 1 };

/** A subject that reaches `rates[placement]`, and notes what is done with it. */
function subject(
  name: string,
  rates: Record<string, number>,
  log: string[],
  scenario = "a",
): Entry {
  let at: string | null = null;
  return {
    ...{ scenario, subject: name, load },
    dut: {
      placements: () => Object.keys(rates),
      prepare: async (placement) => {
        at = placement;
        log.push(`${scenario}: ${name} ${placement}`);
      },
      rest: async () => {
        at = null;
      },
    },
    run: (one) => simulate({ capacity: rates[at ?? ""] as number })(one),
  };
}

const refuse = {
  onFailure: async (_: Entry, error: Error) => {
    throw error;
  },
};
const rates = (scores: readonly Score[], name: string) =>
  scores.find((score) => score.subject === name)?.trials.map(({ receivedPps }) => receivedPps);

describe("compare", () => {
  it("visits each subject under each scenario once per round, in an order that rotates", async () => {
    const log: string[] = [];
    const entries = ["a", "b"].flatMap((scenario) =>
      ["one", "two"].map((name) => subject(name, { own: 100 }, log, scenario)),
    );
    await compare(entries, { rounds: 2, ...refuse });
    const order = ["a: one own", "a: two own", "b: one own", "b: two own"];
    expect(log).toEqual([...order, ...order.slice(1), ...order.slice(0, 1)]);
  });

  it("tries a hopeless placement once and scores the best one of the others", async () => {
    const log: string[] = [];
    const kernel = subject("kernel", { slow: 10, good: 80, better: 90 }, log);
    const scores = await compare([kernel], { rounds: 3, ...refuse });
    expect(log.filter((line) => line.endsWith("slow"))).toHaveLength(1);
    expect(scores[0]?.placement).toBe("better");
    expect(rates(scores, "kernel")).toEqual([90, 90, 90]);
  });

  it("leaves the scores of finished rounds when it is interrupted", async () => {
    const entries = [subject("one", { own: 100 }, []), subject("two", { own: 50 }, [])];
    let seen: Score[] = [];
    let trials = 0;
    const interrupted = entries.map((entry) => ({
      ...entry,
      run: async (one: Load) => {
        if (++trials === 4) throw new Error("enough");
        return entry.run(one);
      },
    }));
    const onRound = (scores: Score[]) => {
      seen = scores;
    };
    const all = compare(interrupted, { rounds: 5, onRound, ...refuse });
    await expect(all).rejects.toThrow("enough");
    expect(rates(seen, "one")).toEqual([100]);
    expect(rates(seen, "two")).toEqual([50]);
  });

  it("goes on without a subject that fails, and puts it to rest", async () => {
    let rested = 0;
    const broken = subject("broken", { own: 1 }, []);
    broken.dut.rest = async () => void rested++;
    broken.run = async () => {
      throw new Error("no frame arrived");
    };
    const failures: string[] = [];
    const scores = await compare([broken, subject("whole", { own: 7 }, [])], {
      rounds: 2,
      onFailure: async (entry, { message }) => {
        failures.push(`${entry.subject}: ${message}`);
      },
    });
    expect(failures).toEqual(["broken: no frame arrived"]);
    expect(rested).toBe(1);
    expect(scores.map((score) => score.subject)).toEqual(["whole"]);
    expect(rates(scores, "whole")).toEqual([7, 7]);
  });
});

describe("a contest of placements", () => {
  const trial = async (pps: number, disturbed = 0) => simulate({ capacity: pps, disturbed })(load);

  it("is won by the best median, not by the best trial", async () => {
    const contest = new Contest(["steady", "lucky"]);
    for (const pps of [100, 100, 100]) contest.add("steady", await trial(pps));
    for (const pps of [90, 90, 300]) contest.add("lucky", await trial(pps));
    expect(contest.best(3)?.placement).toBe("steady");
  });

  it("drops what is far behind, but not what is close or was disturbed", async () => {
    const contest = new Contest(["best", "close", "far", "disturbed"]);
    contest.add("best", await trial(100));
    contest.add("close", await trial(80));
    contest.add("far", await trial(50));
    contest.add("disturbed", await trial(50, 1));
    contest.dropHopeless();
    expect(contest.placements).toEqual(["best", "close", "disturbed"]);
  });
});
