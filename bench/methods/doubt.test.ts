import { expect, it } from "vitest";
import type { Load, Trial } from "../trial/types.ts";
import { repeatDoubtful } from "./doubt.ts";
import { simulate } from "./simulated.ts";

const load: Load = { source: "skb", sizes: [], flows: 1, rate: 10, seconds: 1 };

/** Trials with these disturbances, one after another; the flag is up from 0.1. */
async function series(
  disturbances: number[],
): Promise<{ run: () => Promise<Trial>; left: number[] }> {
  const trial = await simulate({ capacity: 100 })(load);
  const run = async () => {
    const disturbance = disturbances.shift() as number;
    const flags = disturbance > 0.1 ? [{ name: "disturbed" as const, text: "" }] : [];
    return { ...trial, disturbance, flags };
  };
  return { run, left: disturbances };
}

it("a disturbed trial is run again until one is not", async () => {
  const { run, left } = await series([0.5, 0.3, 0.05, 0.9]);
  const trial = await repeatDoubtful(run, { times: 5, pauseMs: 0 })(load);
  expect(trial.disturbance).toBe(0.05);
  expect(left).toEqual([0.9]);
});

it("of trials that are all disturbed the least disturbed one is kept, with its flag", async () => {
  const { run } = await series([0.5, 0.2, 0.3]);
  const trial = await repeatDoubtful(run, { times: 2, pauseMs: 0 })(load);
  expect(trial).toMatchObject({ disturbance: 0.2, flags: [{ name: "disturbed" }] });
});

it("is not run again where the doubt changes nothing", async () => {
  const { run } = await series([0.5, 0]);
  const matters = ({ lost }: Trial) => lost > 0;
  const trial = await repeatDoubtful(run, { times: 2, pauseMs: 0, matters })(load);
  expect(trial.disturbance).toBe(0.5);
});

it("a poor clock is no reason to run a trial again", async () => {
  const trial = await simulate({ capacity: 100 })(load);
  let runs = 0;
  const run = async () => {
    runs++;
    return { ...trial, flags: [{ name: "clock" as const, text: "" }] };
  };
  await repeatDoubtful(run, { times: 3, pauseMs: 0 })(load);
  expect(runs).toBe(1);
});
