import { expect, it } from "vitest";
import { simulate } from "../methods/simulated.ts";
import type { Load } from "../trial/types.ts";
import { type ChurnWindow, churnSoak } from "./soak.ts";
import { type Vitals, vitals } from "./vitals.ts";

const traffic = { source: "skb" as const, sizes: [{ bytes: 64, weight: 1 }], flows: 1 };
const nothing = Object.fromEntries(vitals.map(({ name }) => [name, 0])) as Vitals;

/** A soak whose clock runs as fast as its trials, and what it did in which order. */
async function soak(run: (load: Load) => ReturnType<ReturnType<typeof simulate>>) {
  const log: string[] = [];
  let [clock, gone] = [0, 0];
  const timed = async (load: Load) => {
    clock += load.seconds;
    log.push("load");
    return run(load);
  };
  const windows: ChurnWindow[] = [];
  const all = churnSoak(timed, {
    ...{ traffic, rate: null, windowSeconds: 10, totalSeconds: 20, now: () => clock },
    resume: () => void log.push("resume"),
    pause: async () => {
      gone += 20;
      log.push("pause");
    },
    gone: () => gone,
    read: async () => {
      log.push("read");
      return nothing;
    },
  });
  const failure = await (async () => {
    for await (const window of all) windows.push(window);
    return null;
  })().catch((error: Error) => error.message);
  return { log, windows, failure };
}

it("reads between two windows, when the last pod has gone", async () => {
  const { log, windows } = await soak(simulate({ capacity: 1_000_000 }));
  const one = ["resume", "load", "pause", "read"];
  expect(log).toEqual([...one, ...one]);
  expect(windows.map(({ seconds, gone }) => [seconds, gone])).toEqual([
    [10, 20],
    [20, 40],
  ]);
});

it("lets no pod stay when a window fails", async () => {
  const { log, failure } = await soak(() => Promise.reject(new Error("no frame arrived")));
  expect(failure).toBe("no frame arrived");
  expect(log).toEqual(["resume", "load", "pause"]);
});
