import type { Scope } from "../../test/harness/scope.ts";
import type { Source } from "../frames/types.ts";
import { rateText } from "../methods/step.ts";
import { type Check, judge, unlessDisturbed } from "./check.ts";
import { type KnownDevice, type SelfcheckOptions, withDevice } from "./device.ts";

const rates = [10_000, 100_000, 500_000];
/** More than any generator sends: what it sends then is its maximum. */
const unreachable = 50e6;
/** Near the maximum, and not so near that the machine decides. */
const nearMaximum = 0.9;
/** Of the maximum: above, a machine that slows down (its host has other guests) shows. */
const anyMachine = 0.5;

/** Whether rates are kept, as the device sees them: its kernel notes when each frame arrives. */
export async function checkPacing(scope: Scope, options: SelfcheckOptions): Promise<Check[]> {
  return await withDevice(scope, {}, options, async (device) => [
    ...(await checkSource(device, "skb", options)),
    ...(await checkSource(device, "frame", options)),
  ]);
}

async function checkSource(
  device: KnownDevice,
  source: Source,
  { patience, onStep }: SelfcheckOptions,
): Promise<Check[]> {
  onStep?.(`maximum of the ${source} source`);
  const { trial } = await device.observe({ source, rate: unreachable });
  const most = Math.round(trial.offeredPps * nearMaximum);
  const checks: Check[] = [];
  for (const rate of [...rates.filter((one) => one < most), most]) {
    const name = `${rate === most ? "near its maximum" : rateText(rate)}, ${source} source`;
    onStep?.(`pacing: ${name}`);
    const needsSpeed = rate > trial.offeredPps * anyMachine;
    const check = () => checkRate(device, { source, rate }, name, needsSpeed);
    checks.push(...(await unlessDisturbed(check, patience)));
  }
  return checks;
}

/** What arrives is held against what was asked for, and what is reported against what arrives. */
async function checkRate(
  device: KnownDevice,
  load: { source: Source; rate: number },
  name: string,
  needsSpeed: boolean,
): Promise<Check[]> {
  const { trial, did } = await device.observe(load);
  const arrived = (did.received + did.missed - 1) / (did.last - did.first);
  const { offeredPps, disturbance } = trial;
  const known = { unit: "frames/s", disturbance };
  return [
    judge({ ...known, name, expected: load.rate, measured: arrived, needsSpeed }),
    judge({ ...known, name: `${name}, reported`, expected: arrived, measured: offeredPps }),
  ];
}
