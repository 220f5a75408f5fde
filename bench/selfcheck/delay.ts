import { openPart, type Scope } from "../../test/harness/scope.ts";
import { type Check, judge, unlessDisturbed } from "./check.ts";
import { type KnownDevice, openDevice, type SelfcheckOptions } from "./device.ts";

const delaysUs = [500, 2000];
/** So few that no frame waits for another one. */
const rate = 10_000;

/** Whether a delay that was injected is what the median delay grows by. */
export async function checkDelays(scope: Scope, options: SelfcheckOptions): Promise<Check[]> {
  await using part = openPart(scope);
  const without = await openDevice(part, {}, options, "prompt");
  const checks: Check[] = [];
  for (const delayUs of delaysUs) {
    options.onStep?.(`delay of ${delayUs} us`);
    const device = await openDevice(part, { delayUs }, options, `late${delayUs}`);
    const check = () => checkDelay(without, device, delayUs);
    checks.push(...(await unlessDisturbed(check, options.patience)));
  }
  return checks;
}

async function checkDelay(
  without: KnownDevice,
  device: KnownDevice,
  delayUs: number,
): Promise<Check[]> {
  const base = await medianDelay(without);
  const late = await medianDelay(device);
  const known = { name: `delay of ${delayUs} us`, unit: "us", expected: delayUs };
  const measured = late.us - base.us;
  const disturbance = Math.max(base.disturbance, late.disturbance);
  const note = `on top of ${base.us.toFixed(1)} us`;
  return [judge({ ...known, measured, disturbance, note })];
}

async function medianDelay(device: KnownDevice): Promise<{ us: number; disturbance: number }> {
  const { latency, disturbance } = (await device.observe({ rate })).trial;
  if (latency === null) throw new Error("a delay was to be measured, and no frame carried a time");
  return { us: latency.p50 / 1000, disturbance };
}
