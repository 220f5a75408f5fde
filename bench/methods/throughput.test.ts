import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Load } from "../trial/types.ts";
import { repeatDoubtful } from "./doubt.ts";
import { type SimulatedDevice, simulate } from "./simulated.ts";
import { type FoundRate, throughput } from "./throughput.ts";

const traffic = { source: "skb" as const, sizes: [{ bytes: 64, weight: 1 }], flows: 1 };
const lengths = { seconds: 1, finalSeconds: 5 };
const resolution = 0.01;

const find = (device: SimulatedDevice, seed = 1, log: Load[] = []) =>
  throughput(simulate(device, seed, log), { traffic, ...lengths });

/** Highest rate at which a trial of final length loses at most this share. */
function truth({ capacity, queue = 0 }: SimulatedDevice, loss: number): number {
  // (rate - capacity) * T - queue = loss * rate * T
  return (capacity + queue / lengths.finalSeconds) / (1 - loss);
}

const device = fc.record({
  capacity: fc.integer({ min: 1000, max: 20_000_000 }),
  queue: fc.integer({ min: 0, max: 100_000 }),
});

/** Within the resolution; a frame more or less is rounding. */
function expectFound({ lower, upper, end }: FoundRate, rate: number): void {
  const frame = 1 / lengths.seconds;
  expect(lower).toBeLessThanOrEqual(rate + frame);
  if (end === "generator") return;
  expect(end).toBe("resolved");
  expect(upper as number).toBeGreaterThanOrEqual(rate - frame);
  expect((upper as number) - lower).toBeLessThanOrEqual(resolution * (upper as number));
}

describe("throughput", () => {
  it("finds the rates of any device within the resolution", async () => {
    await fc.assert(
      fc.asyncProperty(device, async (one) => {
        const { ndr, pdr, trials } = await find(one);
        expectFound(ndr, truth(one, 0));
        expectFound(pdr, truth(one, 0.005));
        expect(pdr.lower).toBeGreaterThanOrEqual(ndr.lower);
        expect(trials.length).toBeLessThan(40);
      }),
      { numRuns: 300 },
    );
  });

  it("is not fooled by trials that were disturbed", async () => {
    const disturbed = fc.record({ ...{ seed: fc.nat() }, share: fc.constantFrom(0.05, 0.2) });
    await fc.assert(
      fc.asyncProperty(device, disturbed, async (one, { seed, share }) => {
        const run = simulate({ ...one, disturbed: share }, seed);
        const careful = repeatDoubtful(run, { times: 8, pauseMs: 0 });
        const { ndr } = await throughput(careful, { traffic, ...lengths });
        expectFound(ndr, truth(one, 0));
        expect(ndr.flags).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("looks twice at a loss that decides, so that one accident does not", async () => {
    const one = { capacity: 1_000_000 };
    const honest = simulate(one);
    for (const accidentAt of [2, 3, 4, 5, 6]) {
      let trials = 0;
      const { ndr } = await throughput(
        async (load) => {
          const trial = await honest(load);
          trials++;
          // Far from the answer, so that the search has a way to go on which it can be misled.
          if (load.rate === null) return { ...trial, receivedPps: 500_000 };
          return trials === accidentAt ? { ...trial, lost: trial.lost + 1 } : trial;
        },
        { traffic, ...lengths },
      );
      expectFound(ndr, truth(one, 0));
    }
  });

  it("says that a doubtful trial decided when it stayed doubtful", async () => {
    const run = simulate({ capacity: 1_000_000, disturbed: 1 });
    const careful = repeatDoubtful(run, { times: 2, pauseMs: 0 });
    const { ndr } = await throughput(careful, { traffic, ...lengths });
    expect(ndr.flags.map(({ name }) => name)).toEqual(["disturbed"]);
  });

  it("finds no rate for a device that always loses, but one with little loss", async () => {
    const { ndr, pdr } = await find({ capacity: 1_000_000, randomLoss: 0.001 });
    expect(ndr).toMatchObject({ lower: 0, confirmed: null, end: "floor" });
    expectFound(pdr, 1_000_000 * (1 + 0.004));
  });

  it("names the generator when the device carries all that it can send", async () => {
    const { ndr, pdr, trials } = await find({ capacity: 2_000_000, generator: 1_500_000 });
    expect(ndr).toMatchObject({ lower: 1_500_000, upper: null, end: "generator" });
    expect(pdr).toMatchObject({ lower: 1_500_000, upper: null, end: "generator" });
    expect(trials.map(({ load }) => [load.rate, load.seconds])).toEqual([
      [null, 1],
      [null, 5],
    ]);
  });

  it("ends when the generator cannot keep the paced rates that are asked for", async () => {
    const honest = simulate({ capacity: 1_000_000 });
    const { ndr } = await throughput(
      (load) =>
        honest(load.rate === null ? load : { ...load, rate: Math.min(load.rate, 600_000) }).then(
          (trial) => ({
            ...trial,
            load,
            flags:
              (load.rate ?? 0) > 600_000 ? [{ name: "generator-limited" as const, text: "" }] : [],
          }),
        ),
      { traffic, ...lengths },
    );
    expect(ndr).toMatchObject({ lower: 600_000, end: "generator" });
    expect(ndr.flags).toHaveLength(1);
  });

  it("confirms by a trial of final length, which sees what a queue hid from shorter ones", async () => {
    const log: Load[] = [];
    const one = { capacity: 1_000_000, queue: 100_000 };
    const { ndr } = await find(one, 1, log);
    expect(ndr.confirmed?.load).toMatchObject({ rate: ndr.lower, seconds: 5 });
    expect(ndr.confirmed?.lost).toBe(0);
    expectFound(ndr, 1_020_000);
    expect(log.filter(({ seconds }) => seconds === 5).length).toBeLessThan(12);
  });

  it("never finds less with loss allowed than without, on however busy a machine", async () => {
    const busy = fc.record({
      capacity: fc.integer({ min: 10_000, max: 2_000_000 }),
      generator: fc.integer({ min: 10_000, max: 3_000_000 }),
      queue: fc.integer({ min: 0, max: 5000 }),
      disturbed: fc.constantFrom(0.3, 0.7, 1),
      accident: fc.constantFrom(0, 0.1),
    });
    await fc.assert(
      fc.asyncProperty(busy, fc.nat(), async (one, seed) => {
        const { ndr, pdr, trials } = await find(one, seed);
        expect(pdr.lower).toBeGreaterThanOrEqual(ndr.lower);
        for (const { lower, upper } of [ndr, pdr]) {
          expect(upper ?? Number.POSITIVE_INFINITY).toBeGreaterThan(lower);
        }
        expect(trials.length).toBeLessThanOrEqual(161);
      }),
      { numRuns: 300 },
    );
  });

  it("starts from what overload lets through, so that few trials are needed", async () => {
    const { trials } = await find({ capacity: 1_234_567 });
    expect(trials[0]?.load.rate).toBeNull();
    expect(trials.length).toBeLessThanOrEqual(9);
  });
});
