import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { usedMemory } from "../lib/meminfo.ts";
import { repeatDoubtful } from "../methods/doubt.ts";
import { type SoakWindow, soak, type Trend, trend } from "../methods/soak.ts";
import { rateText } from "../methods/step.ts";
import { throughput } from "../methods/throughput.ts";
import { checkDevice, openBed } from "./bed.ts";
import { durationFlag, numberFlag } from "./flags.ts";
import { recordOverload } from "./metrics.ts";
import { addDeviceOptions, addLoadOptions, addOutputOptions } from "./options.ts";
import { writeOutputs } from "./output.ts";
import { Recorder, scenarioOf } from "./recorder.ts";
import { decides } from "./rfc2544.ts";
import { runSession } from "./session.ts";
import { soakWithChurn } from "./soak-churn.ts";
import { plot } from "./soak-plots.ts";
import { choosePlacement, placed, type StudyOptions } from "./study.ts";

interface SoakCommandOptions extends StudyOptions {
  duration: number;
  window: number;
  rate?: number;
  overload?: boolean;
  stopOnLoss?: boolean;
  churn?: number;
  settle: number;
}

/** Of the throughput: with nothing to spare a soak would measure the noise of the machine. */
const usualShare = 0.8;
/** Seconds: what a shorter soak would say per hour is noise. */
const leastForTrend = 600;

export function addSoak(bench: Command): void {
  const command = bench
    .command("soak")
    .description("one load for hours: rate, loss, delays, CPU time and memory, window by window")
    .option("--duration <time>", "as 90s, 15m or 2h", durationFlag, 600)
    .option("--window <time>", "after each of them the files are written", durationFlag, 10)
    .option("--rate <frames>", "per second (default: 80 % of the throughput)", numberFlag(1, 1e9))
    .option("--overload", "as fast as the generator can, instead of a rate")
    .option("--stop-on-loss", "end with the first window that loses a frame; status 1")
    .option(
      "--churn <pods>",
      "so many per second come and go, at overload unless --rate; status 1 when they leave something",
      numberFlag(0.1, 100),
    )
    .option("--settle <time>", "with --churn: not judged, caches fill", durationFlag, 60);
  addOutputOptions(addDeviceOptions(addLoadOptions(command))).action(runSoak);
}

async function runSoak(options: SoakCommandOptions): Promise<void> {
  checkDevice(options, options.source);
  if (options.churn !== undefined && options.stopOnLoss) {
    throw new Error("--stop-on-loss: not with --churn, which accounts for each loss; leave it out");
  }
  await runSession("soak", options, async (session) => {
    const { live, draft } = session;
    const bed = await openBed(session, options);
    const { dut, task, lineRate } = bed;
    const traffic = { sizes: options.size, flows: options.flows, source: options.source };
    draft.addSubject(dut.name, dut.description);
    const place = await choosePlacement(session, bed, traffic, options);
    const scenario = scenarioOf({ task, ...traffic, lineRate });
    const recorder = new Recorder(draft, scenario, dut.name, place);
    const run = live.watch(placed(bed, place));
    const { churn } = options;
    if (churn !== undefined) {
      return soakWithChurn(session, bed, run, traffic, recorder, { ...options, churn });
    }
    const rate = options.overload ? null : (options.rate ?? (await usualRate()));
    const windows: SoakWindow[] = [];
    const all = soak(run, {
      ...{ traffic, rate, windowSeconds: options.window, totalSeconds: options.duration },
      ...{ stopOnLoss: options.stopOnLoss ?? false, onStep: (step) => live.step(step) },
      memory: () => usedMemory(readFileSync("/proc/meminfo", "utf8")),
      now: () => performance.now() / 1000,
    });
    for await (const window of all) {
      windows.push(window);
      recordOverload(recorder, window.trial);
      plot(recorder, windows);
      await writeOutputs(draft.finish(), options);
    }
    if ((windows.at(-1)?.seconds ?? 0) >= leastForTrend) noteTrend(recorder, trend(windows));
    if (options.stopOnLoss && (windows.at(-1)?.trial.lost ?? 0) > 0) {
      recorder.note(`ended by a loss in window ${windows.length}`);
      process.exitCode = 1;
    }

    async function usualRate(): Promise<number> {
      const careful = repeatDoubtful(run, {
        times: options.repeats,
        pauseMs: 1000,
        matters: decides,
      });
      const lengths = { seconds: options.trial, finalSeconds: 5 * options.trial };
      const onStep = live.step.bind(live);
      const { ndr, pdr } = await throughput(careful, { traffic, onStep, ...lengths });
      const found = (ndr.lower || pdr.lower) * usualShare;
      if (found === 0) throw new Error(`${dut.name} loses frames at any rate: give it a --rate`);
      recorder.note(`offered ${rateText(found)}, ${usualShare * 100} % of the throughput`);
      return found;
    }
  });
}

function noteTrend(recorder: Recorder, found: Trend): void {
  const { ratePerHour, p99PerHour, cpuNsPerFramePerHour, memoryPerHour } = found;
  const parts = [
    `rate ${signed(ratePerHour)} frames/s`,
    p99PerHour === null ? "" : `p99 ${signed(p99PerHour)} ns`,
    `CPU time per frame ${signed(cpuNsPerFramePerHour)} ns`,
    memoryPerHour === null ? "" : `memory of the machine ${signed(memoryPerHour / 1e6)} MB`,
  ];
  recorder.note(`trend per hour: ${parts.filter((part) => part !== "").join(", ")}`);
}

function signed(value: number): string {
  return `${value >= 0 ? "+" : ""}${value.toPrecision(3)}`;
}
