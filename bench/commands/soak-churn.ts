import { setTimeout as delay } from "node:timers/promises";
import { Accounts } from "../churn/accounts.ts";
import { KernelLog } from "../churn/kernel-log.ts";
import { Churn, type ChurnCount } from "../churn/pods.ts";
import { readVitals } from "../churn/read.ts";
import { type ChurnWindow, churnSoak } from "../churn/soak.ts";
import { judge, judgementText, summaryOf } from "../churn/verdict.ts";
import { vitals } from "../churn/vitals.ts";
import { isHosting } from "../duts/hosting.ts";
import type { Traffic } from "../methods/step.ts";
import type { RunTrial } from "../trial/types.ts";
import type { Bed } from "./bed.ts";
import { recordOverload } from "./metrics.ts";
import type { OutputOptions } from "./options.ts";
import { writeOutputs } from "./output.ts";
import type { Recorder } from "./recorder.ts";
import type { Session } from "./session.ts";
import { plot, plotOver } from "./soak-plots.ts";

export interface ChurnOptions extends OutputOptions {
  /** Pods per second. */
  churn: number;
  settle: number;
  duration: number;
  window: number;
  rate?: number;
}

/** For the kernel to free what it frees later: namespaces, rings, what waits for RCU. */
const restMs = 1000;
/** Of the failures of pods; more of them say the same. */
const mostTold = 5;

/** A soak in which pods come and go beside the loaded pair, with a verdict on what they leave. */
export async function soakWithChurn(
  session: Session,
  { dut }: Bed,
  run: RunTrial,
  traffic: Traffic,
  recorder: Recorder,
  options: ChurnOptions,
): Promise<void> {
  if (!isHosting(dut)) {
    const able = "millrace and its variants can, with --task route or bridge";
    throw new Error(`--churn: no pod can join ${dut.name} as it is set up; ${able}`);
  }
  using log = new KernelLog();
  const churn = new Churn(session.scope, dut.host, options.churn);
  const accounts = await Accounts.open(dut);
  const windows: ChurnWindow[] = [];
  const all = churnSoak(run, {
    ...{ traffic, rate: options.rate ?? null },
    ...{ windowSeconds: options.window, totalSeconds: options.duration },
    onStep: (step) => session.live.step(step),
    resume: () => churn.resume(),
    pause: () => churn.pause().then(() => delay(restMs)),
    gone: () => churn.count.gone,
    read: async (trial) => readVitals(dut.host, log, await accounts.add(trial)),
    now: () => performance.now() / 1000,
  });
  for await (const window of all) {
    windows.push(window);
    record(recorder, windows);
    await writeOutputs(session.draft.finish(), options);
  }
  conclude(recorder, windows, churn.count, options.settle);
}

function record(recorder: Recorder, windows: readonly ChurnWindow[]): void {
  const last = windows.at(-1);
  if (last === undefined) return;
  recordOverload(recorder, last.trial);
  plot(recorder, windows);
  for (const { name, unit, per } of vitals) {
    const value = last.vitals[name];
    if (value === null) continue;
    recorder.add([name, unit, "lower"], value / per);
    const points = windows.map(({ seconds, vitals: { [name]: one } }) => [seconds, one] as const);
    plotOver(
      recorder,
      name,
      unit,
      points.map(([x, y]) => [x, y === null ? null : y / per]),
    );
  }
}

/** The verdict, and the status: 1 when something grows, or pods could not come or go. */
function conclude(
  recorder: Recorder,
  windows: readonly ChurnWindow[],
  { gone, inLane, connections, failures }: ChurnCount,
  settleSeconds: number,
): void {
  const seconds = windows.at(-1)?.seconds ?? 0;
  const rate = (gone / Math.max(1, seconds)).toFixed(1);
  const pods = `${gone} pods came and went (${rate} per second), ${inLane} with a flow in the lane`;
  recorder.note(`${pods}, after ${connections} connections between them`);
  for (const failure of failures.slice(0, mostTold)) recorder.note(`a pod failed: ${failure}`);
  const judged = judge(windows, settleSeconds);
  for (const one of judged) recorder.note(judgementText(one));
  const failed = failures.length > 0 ? `${failures.length} pods FAILED; ` : "";
  recorder.note(`verdict: ${failed}${summaryOf(judged)}`);
  const grows = judged.some(({ verdict }) => verdict === "grows");
  if (grows || failures.length > 0) process.exitCode = 1;
}
