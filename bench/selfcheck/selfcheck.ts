import type { Scope } from "../../test/harness/scope.ts";
import { checkCapacity } from "./capacity.ts";
import type { Check } from "./check.ts";
import { checkDelays } from "./delay.ts";
import type { OpenTester, SelfcheckOptions } from "./device.ts";
import { checkFaults } from "./faults.ts";
import { checkPacing } from "./pacing.ts";
import { checkRepeats } from "./repeat.ts";

/** What can be checked. */
export const selfchecks = {
  pacing: checkPacing,
  faults: checkFaults,
  delays: checkDelays,
  capacity: checkCapacity,
  repeats: checkRepeats,
} satisfies Record<string, (scope: Scope, options: SelfcheckOptions) => Promise<Check[]>>;

export type SelfcheckName = keyof typeof selfchecks;

export interface SelfcheckRun extends Omit<SelfcheckOptions, "open"> {
  /** Default: all. */
  only?: readonly SelfcheckName[] | undefined;
  /** Told of checks as they are done. */
  onChecks?: ((done: readonly Check[]) => void) | undefined;
}

/**
 * Holds generator, sink and methods against devices whose faults are known.
 * @param open makes a lane ready for trials
 * @throws the scope's reason when the run is interrupted
 */
export async function selfcheck(
  scope: Scope,
  open: OpenTester,
  { only, onChecks, ...options }: SelfcheckRun,
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const name of only ?? (Object.keys(selfchecks) as SelfcheckName[])) {
    scope.signal.throwIfAborted();
    const done = await selfchecks[name](scope, { ...options, open });
    checks.push(...done);
    onChecks?.(done);
  }
  return checks;
}
