import { describe, expect, it } from "vitest";
import { backToBack } from "../methods/back-to-back.ts";
import { latency } from "../methods/latency.ts";
import { loss } from "../methods/loss.ts";
import { type SimulatedDevice, simulate } from "../methods/simulated.ts";
import { throughput } from "../methods/throughput.ts";
import { complaints } from "../report/read.ts";
import { Draft } from "./draft.ts";
import {
  atShare,
  plotLatency,
  recordBursts,
  recordLatency,
  recordLoss,
  recordThroughput,
} from "./metrics.ts";
import { Recorder, scenarioOf } from "./recorder.ts";

const traffic = { source: "skb" as const, sizes: [{ bytes: 64, weight: 1 }], flows: 65536 };
const scenario = scenarioOf({ task: "route", ...traffic });

function start() {
  const draft = new Draft({ method: "rfc2544", command: ["millrace"], version: "0.1.0" });
  draft.addSubject("one", "simulated");
  const recorderOf = (of: typeof scenario) => new Recorder(draft, of, "one", "CPU 1");
  const values = () =>
    Object.fromEntries(draft.finish().measurements.map(({ metric, values }) => [metric, values]));
  return { draft, recorder: recorderOf(scenario), recorderOf, values };
}

const find = (device: SimulatedDevice) =>
  throughput(simulate(device), { traffic, seconds: 1, finalSeconds: 2 });

describe("a result", () => {
  it("has the rates found, with size and flows in the name of the scenario", async () => {
    const { draft, recorder, values } = start();
    const found = await find({ capacity: 1_000_000 });
    recordThroughput(recorder, found);
    expect(values()).toMatchObject({ ndr: [found.ndr.lower], pdr: [found.pdr.lower] });
    const { scenarios, measurements } = draft.finish();
    expect(scenarios[0]).toMatchObject({ name: "route-64B-64kflows-skb", size: "64 B" });
    expect(measurements[0]).toMatchObject({ placement: "CPU 1", flags: [] });
    expect(measurements[0]?.modes).toBe("sent in copy mode, received in native mode");
    expect(complaints(draft.finish())).toEqual([]);
  });

  it("says that a rate is that of the generator", async () => {
    const { draft, recorder } = start();
    recordThroughput(recorder, await find({ capacity: 2_000_000, generator: 1_000_000 }));
    expect(draft.finish().measurements[0]?.flags).toEqual([
      { name: "generator-limited", text: "the generator can send no more than 1 000 000 frames/s" },
    ]);
  });

  it("says that there is no rate without loss", async () => {
    const { draft, recorder, values } = start();
    recordThroughput(recorder, await find({ capacity: 1_000_000, randomLoss: 0.001 }));
    expect(values()).toMatchObject({ ndr: [0] });
    expect(draft.finish().notes[0]).toMatch(/one: NDR: frames were lost at every rate, last at/);
  });

  it("has the delays below the throughput in scenarios of their own, and all in plots", async () => {
    const { draft, recorder, recorderOf } = start();
    const base = { traffic, rate: 500_000, shares: [1, 0.5], seconds: 1, repeats: 2 };
    const points = await latency(simulate({ capacity: 1_000_000 }), base);
    for (const point of points) recordLatency(recorderOf(atShare(scenario, point.share)), point);
    plotLatency(recorder, points);
    const { scenarios, measurements, series } = draft.finish();
    expect(scenarios.map(({ name }) => name)).toEqual([scenario.name, `${scenario.name}-50%`]);
    const p99 = measurements.filter(({ metric }) => metric === "latency-p99");
    expect(p99.map(({ values }) => values)).toEqual([
      [30_000, 30_000],
      [25_000, 25_000],
    ]);
    expect(series.find(({ title }) => title.startsWith("latency-p99 "))?.points).toEqual([
      [50, 25_000],
      [50, 25_000],
      [100, 30_000],
      [100, 30_000],
    ]);
    expect(complaints(draft.finish())).toEqual([]);
  });

  it("has the loss over the load, and the highest step without any", async () => {
    const { draft, recorder, values } = start();
    const run = simulate({ capacity: 850_000, generator: 1_000_000 });
    recordLoss(recorder, await loss(run, { traffic, seconds: 1 }));
    expect(values()).toEqual({ "loss-at-100%": [15], lossless: [800_000] });
    expect(draft.finish().series[0]?.points.at(0)).toEqual([700_000, 0]);
  });

  it("has the mean of the longest bursts, and says their range", async () => {
    const { draft, recorder, values } = start();
    const run = simulate({ capacity: 500_000, queue: 5000, generator: 1_000_000 });
    recordBursts(recorder, await backToBack(run, { traffic, seconds: 2, repeats: 2 }));
    expect(values()["back-to-back"]?.[0]).toBeGreaterThan(9890);
    expect(draft.finish().notes[0]).toMatch(
      /longest bursts of 2 searches: \d+ to \d+ frames at 1 000 000/,
    );
  });
});
