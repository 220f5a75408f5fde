import { expect, it } from "vitest";
import type { Load } from "../trial/types.ts";
import { simulate } from "./simulated.ts";
import { type SoakWindow, soak, trend } from "./soak.ts";

const traffic = { source: "skb" as const, sizes: [{ bytes: 64, weight: 1 }], flows: 1 };

/** A soak whose clock runs as fast as its trials. */
function start(device: (window: number) => { capacity: number }, totalSeconds: number) {
  let clock = 0;
  let window = 0;
  const run = async (load: Load) => {
    clock += load.seconds;
    return simulate(device(window++))(load);
  };
  return soak(run, {
    ...{ traffic, rate: 500_000, windowSeconds: 10, totalSeconds, stopOnLoss: true },
    ...{ memory: () => 1e6 + 1000 * window, now: () => clock },
  });
}

async function all(windows: AsyncGenerator<SoakWindow>): Promise<SoakWindow[]> {
  const seen: SoakWindow[] = [];
  for await (const window of windows) seen.push(window);
  return seen;
}

it("goes on for as long as asked, window by window", async () => {
  const windows = await all(start(() => ({ capacity: 1_000_000 }), 35));
  expect(windows.map(({ seconds }) => seconds)).toEqual([10, 20, 30, 40]);
});

it("ends with the first window that loses a frame when asked to", async () => {
  const windows = await all(start((at) => ({ capacity: at === 2 ? 100 : 1_000_000 }), 1000));
  expect(windows.map(({ trial }) => trial.lost > 0)).toEqual([false, false, true]);
});

it("gives each window when it ends, so that an interruption keeps those before", async () => {
  const windows = start(() => ({ capacity: 1_000_000 }), 1000);
  expect((await windows.next()).value).toMatchObject({ seconds: 10 });
});

it("tells what grows, per hour", async () => {
  const windows = await all(start((at) => ({ capacity: 1_000_000 - 1000 * at }), 100));
  const { memoryPerHour, ratePerHour, p99PerHour } = trend(windows);
  expect(memoryPerHour).toBeCloseTo(1000 * 360);
  expect(ratePerHour).toBeCloseTo(0);
  expect(p99PerHour).toBeGreaterThan(0);
});

it("a trend of what could not always be read is none", async () => {
  const [first, second] = await all(start(() => ({ capacity: 1_000_000 }), 20));
  const holed = [first as SoakWindow, { ...(second as SoakWindow), memoryBytes: null }];
  expect(trend(holed).memoryPerHour).toBeNull();
});
