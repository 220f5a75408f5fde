import { type Command, Option } from "commander";
import { isRouted } from "../duts/routed.ts";
import { rfc2544Sizes } from "../frames/sizes.ts";
import { median } from "../lib/stats.ts";
import { repeatDoubtful } from "../methods/doubt.ts";
import { type SweepPoint, sweep } from "../methods/sweep.ts";
import type { Axis as PlotAxis } from "../report/result.ts";
import type { Load, RunTrial, Trial } from "../trial/types.ts";
import { type Bed, checkDevice, openBed } from "./bed.ts";
import { integersFlag } from "./flags.ts";
import { recordOverload, sorted } from "./metrics.ts";
import { addDeviceOptions, addLoadOptions, addOutputOptions } from "./options.ts";
import { Recorder, scenarioName, scenarioOf } from "./recorder.ts";
import { runSession } from "./session.ts";
import { choosePlacement, placed, type StudyOptions } from "./study.ts";

const axes = ["flows", "sizes", "rate", "routes"] as const;
type Axis = (typeof axes)[number];

interface SweepCommandOptions extends StudyOptions {
  over: Axis;
  values?: number[];
}

/** Of the overload, in percent, where the rate is varied. */
const usualRates = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
const usualValues: Record<Axis, readonly number[]> = {
  flows: [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536],
  sizes: rfc2544Sizes,
  rate: usualRates,
  routes: [0, 100, 1000, 10_000, 100_000],
};
/** What stands behind a value; of flows and sizes the scenario tells already. */
const suffixes: Record<Axis, string> = { flows: "", sizes: "", rate: "%", routes: "routes" };
const labels: Record<Axis, PlotAxis> = {
  flows: { label: "flows", unit: "", log: true },
  sizes: { label: "frame size, with FCS", unit: "B" },
  rate: { label: "offered, of the overload", unit: "percent" },
  routes: { label: "routes", unit: "" },
};

export function addSweep(bench: Command): void {
  const command = bench
    .command("sweep")
    .description("how one device takes more and more flows, bytes, rate or routes")
    .addOption(new Option("--over <what>", "is varied").choices(axes).default("flows"))
    .option(
      "--values <list>",
      "of it; of the rate in percent of the overload",
      integersFlag(0, 2e6),
    );
  addOutputOptions(addDeviceOptions(addLoadOptions(command))).action(runSweep);
}

async function runSweep(options: SweepCommandOptions): Promise<void> {
  checkDevice(options, options.source);
  await runSession("sweep", options, async (session) => {
    const { live, draft } = session;
    const bed = await openBed(session, options);
    const { dut, task, lineRate } = bed;
    const { source, flows, size: sizes, over } = options;
    const traffic = { sizes, flows, source };
    const place = await choosePlacement(session, bed, traffic, options);
    const times = { times: options.repeats, pauseMs: 1000 };
    const run = repeatDoubtful(live.watch(placed(bed, place)), times);
    const base: Load = { ...traffic, rate: null, seconds: options.trial };
    const points = await pointsOf(bed, run, base, over, options.values ?? usualValues[over]);
    draft.addSubject(dut.name, dut.description);
    const trials = new Map<number, Trial[]>();
    await sweep(run, {
      ...{ points, rounds: options.rounds, axis: over },
      onStep: (step) => live.step(step),
      onTrial: ({ x, load }, trial) => {
        const name = scenarioName({ task, ...load });
        const suffix = suffixes[over] === "" ? "" : `-${x}${suffixes[over]}`;
        const scenario = scenarioOf({ task, ...load, lineRate }, `${name}${suffix}`);
        recordOverload(new Recorder(draft, scenario, dut.name, place), trial);
        trials.set(x, [...(trials.get(x) ?? []), trial]);
        const whole = scenarioOf({ task, ...traffic, lineRate }, `${task}-over-${over}-${source}`);
        plot(new Recorder(draft, whole, dut.name, place), trials, labels[over]);
      },
    });
  });
}

/** @throws Error when the device has no routes that can be made */
async function pointsOf(
  { dut }: Bed,
  run: RunTrial,
  base: Load,
  over: Axis,
  values: readonly number[],
): Promise<SweepPoint[]> {
  const each = (load: (x: number) => Partial<Load>) =>
    values.map((x) => ({ x, load: { ...base, ...load(x) } }));
  if (over === "flows") return each((flows) => ({ flows }));
  if (over === "sizes") return each((bytes) => ({ sizes: [{ bytes, weight: 1 }] }));
  if (over === "rate") {
    const { offeredPps } = await run(base);
    return each((percent) => ({ rate: (offeredPps * percent) / 100 }));
  }
  if (!isRouted(dut)) {
    throw new Error(`--over routes: ${dut.name} has no table of routes that could be filled`);
  }
  return values.map((x) => ({ x, load: base, arrange: () => dut.routes(x) }));
}

/** Medians over what was varied. */
function plot(recorder: Recorder, trials: ReadonlyMap<number, Trial[]>, x: PlotAxis): void {
  const over = (title: string, unit: string, value: (trial: Trial) => number) => {
    const points = [...trials].map(([at, all]) => [at, median(all.map(value))] as const);
    recorder.setSeries({ title, x, y: { label: title, unit }, points: sorted(points) });
  };
  over("throughput", "frames/s", ({ receivedPps }) => receivedPps);
  over("cpu-per-frame", "ns", ({ cpuNsPerFrame }) => cpuNsPerFrame);
}
