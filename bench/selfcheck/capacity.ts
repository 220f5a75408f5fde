import type { Scope } from "../../test/harness/scope.ts";
import { throughput } from "../methods/throughput.ts";
import type { RunTrial } from "../trial/types.ts";
import { type Check, judge, unlessDisturbed } from "./check.ts";
import { type SelfcheckOptions, usualLoad, withDevice } from "./device.ts";

/** Low: a busy machine, too, sends and serves so many frames per second. */
const capacity = 50_000;
/** Frames: more than the generator sends at once after a pause, so that it is the rate that loses. */
const queue = 300;
const resolution = 0.006;

/** Whether the search of RFC 2544 section 26.1 finds the rate that a slow device carries. */
export async function checkCapacity(scope: Scope, options: SelfcheckOptions): Promise<Check[]> {
  return await withDevice(scope, { capacity, queue }, options, ({ run }) =>
    unlessDisturbed(() => searchRate(run, options), options.patience),
  );
}

async function searchRate(run: RunTrial, { seconds, onStep }: SelfcheckOptions): Promise<Check[]> {
  const { ndr, trials } = await throughput(run, {
    traffic: usualLoad,
    seconds,
    finalSeconds: 2 * seconds,
    resolution,
    onStep: ({ text }) => onStep?.(`slow device, ${text}`),
  });
  const known = { name: "NDR of a slow device", unit: "frames/s", expected: capacity };
  const disturbance = Math.max(...trials.map((trial) => trial.disturbance));
  const note = `${trials.length} trials`;
  return [judge({ ...known, measured: ndr.lower, disturbance, note })];
}
