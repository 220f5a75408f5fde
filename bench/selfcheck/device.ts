import { openPart, type Scope } from "../../test/harness/scope.ts";
import { type Faults, type ImpairCounters, startImpair } from "../impair/dut.ts";
import type { Lane, Load, RunTrial, Trial } from "../trial/types.ts";

/** Makes a lane ready for trials; the scope ends it. */
export type OpenTester = (scope: Scope, lane: Lane) => Promise<{ run: RunTrial }>;

export interface SelfcheckOptions {
  open: OpenTester;
  /** Length of a trial; at least 0.5. */
  seconds: number;
  /** How often what failed while others used the machine is checked again. */
  patience: number;
  /** Told what comes next, in words. */
  onStep?: ((text: string) => void) | undefined;
}

/** A device with known faults, and the tester at both ends of it. */
export interface KnownDevice {
  run: RunTrial;
  /** One trial, and what the device did in it. */
  observe(load: Partial<Load>): Promise<Observed>;
}

export interface Observed {
  trial: Trial;
  did: ImpairCounters;
}

/** What is sent unless a check wants something else. */
export const usualLoad: Load = {
  source: "skb",
  sizes: [{ bytes: 64, weight: 1 }],
  flows: 1,
  rate: null,
  seconds: 1,
};

/** Runs checks on a device that is there for them alone. */
export async function withDevice<T>(
  scope: Scope,
  faults: Faults,
  options: SelfcheckOptions,
  use: (device: KnownDevice) => Promise<T>,
): Promise<T> {
  await using part = openPart(scope);
  return await use(await openDevice(part, faults, options));
}

/** @param name tells devices apart that are there at the same time */
export async function openDevice(
  scope: Scope,
  faults: Faults,
  { open, seconds }: SelfcheckOptions,
  name?: string,
): Promise<KnownDevice> {
  const dut = await startImpair(scope, faults, name);
  const { run } = await open(scope, dut.lane);
  return {
    run,
    async observe(load) {
      await dut.takeCounters();
      const trial = await run({ ...usualLoad, seconds, ...load });
      return { trial, did: await dut.takeCounters() };
    },
  };
}
