import type { Scope } from "../../test/harness/scope.ts";
import type { Faults, ImpairCounters } from "../impair/dut.ts";
import type { Trial } from "../trial/types.ts";
import { type Check, judge } from "./check.ts";
import { type KnownDevice, type SelfcheckOptions, withDevice } from "./device.ts";

/** Enough frames that one in a thousand is a few hundred; slow enough for a slow machine. */
const load = { rate: 200_000, frames: 200_000 };
/** Ends a trial that a busy machine makes longer. */
const mostSeconds = 15;

interface Fault {
  name: string;
  faults: Faults;
  /** What the device did, in frames. */
  expected: (did: ImpairCounters) => number;
  measured: (trial: Trial) => number;
}

/** What a slow machine loses on top is known too: the kernel of the device counts it. */
const none: Fault = {
  name: "no faults",
  faults: {},
  expected: ({ missed }) => missed,
  measured: ({ lost, duplicates, reordered }) => lost + duplicates + reordered,
};

const lossOf = (every: number): Fault => ({
  name: `loss of 1 in ${every}`,
  faults: { loseEvery: every },
  expected: ({ lost, missed }) => lost + missed,
  measured: ({ lost }) => lost,
});

const duplicatesOf = (every: number): Fault => ({
  name: `duplicates of 1 in ${every}`,
  faults: { duplicateEvery: every },
  expected: ({ duplicated }) => duplicated,
  measured: ({ duplicates }) => duplicates,
});

const reorderingOf = (every: number, by: number): Fault => ({
  name: `1 in ${every} overtaken by ${by}`,
  faults: { reorderEvery: every, reorderBy: by },
  expected: ({ reordered }) => reordered,
  measured: ({ reordered }) => reordered,
});

const all = [
  none,
  ...[100, 1000].map(lossOf),
  ...[100, 1000].map(duplicatesOf),
  reorderingOf(100, 3),
  reorderingOf(1000, 20),
];

/** Whether loss, duplication and reordering that were injected are reported, and nothing else. */
export async function checkFaults(scope: Scope, options: SelfcheckOptions): Promise<Check[]> {
  const checks: Check[] = [];
  for (const fault of all) {
    options.onStep?.(fault.name);
    checks.push(await checkFault(scope, fault, options));
  }
  return checks;
}

/** Counts are right on a busy machine, too: none of these is checked again. */
async function checkFault(
  scope: Scope,
  { name, faults, expected, measured }: Fault,
  options: SelfcheckOptions,
): Promise<Check> {
  const observe = ({ observe }: KnownDevice) => observe({ ...load, seconds: mostSeconds });
  const { trial, did } = await withDevice(scope, faults, options, observe);
  const known = { expected: expected(did), measured: measured(trial) };
  const missed = did.missed > 0 ? `; the machine itself lost ${did.missed}` : "";
  return judge({ name, unit: "frames", ...known, note: `of ${trial.sent}${missed}` });
}
