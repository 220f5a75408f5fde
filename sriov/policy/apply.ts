import { failpoint } from "../../src/store/failpoint.ts";
import { SYSFS } from "../sysfs.ts";
import type { Bdf } from "../types.ts";
import { type ApplyStep, applySteps, type NewVfs } from "./apply-steps.ts";
import { type PfOriginal, readOriginal, restoreOriginal } from "./original.ts";
import { type AttributeWriter, PfFiles } from "./pf-files.ts";
import type { PfPlan, Plan } from "./plan-types.ts";
import { ProvisioningError } from "./provisioning-error.ts";

/** A part of pino's Logger. */
export interface PlanLog {
  info(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

export interface ApplyOptions {
  sysfs?: string;
  log: PlanLog;
  write?: AttributeWriter;
  /** Called with what a PF was like before it is changed, to keep it for the case of a crash. */
  record?(original: PfOriginal): Promise<void>;
  /**
   * Called when the VFs of a PF are there and none has a driver yet: the time for MAC addresses,
   * which some drivers only read when they are bound.
   */
  beforeProbe?(made: NewVfs): Promise<void>;
}

export interface PfOutcome {
  pf: Bdf;
  /** Null when all was done, else what stopped it; all that was done before is undone then. */
  error: Error | null;
}

/**
 * Does what is planned, one PF after the other; one that fails is made as it was, and the next is
 * gone on with. The caller sees to it that nobody gets a VF of these PFs meanwhile, and that none
 * was given away since the plan was made. Writing can take seconds for each VF (igbvf).
 * @returns what came of each PF, in the order of the plan
 */
export async function applyPlan(plan: Plan, options: ApplyOptions): Promise<PfOutcome[]> {
  const outcomes: PfOutcome[] = [];
  for (const change of plan.changes) {
    outcomes.push({ pf: change.pf, error: await applyPf(change, options) });
  }
  return outcomes;
}

async function applyPf(change: PfPlan, options: ApplyOptions): Promise<Error | null> {
  const files = new PfFiles(options.sysfs ?? SYSFS, change.pf, options.write);
  let original: PfOriginal;
  try {
    original = await readOriginal(files);
    await options.record?.(original);
  } catch (error) {
    return error as Error;
  }
  try {
    await runSteps(change, applySteps(change, original, files, options), options.log);
    return null;
  } catch (error) {
    return undo(error as Error, original, files, options.log);
  }
}

async function runSteps(
  { pf, ifname }: PfPlan,
  steps: readonly ApplyStep[],
  log: PlanLog,
): Promise<void> {
  for (const [i, step] of steps.entries()) {
    const at = `step ${i + 1} of ${steps.length}`;
    log.info({ pf, ifname }, `${at}: ${step.name}`);
    failpoint(`provision.${i + 1}`);
    try {
      await step.run();
    } catch (error) {
      const place = `${ifname || pf}: ${at}, ${step.name}`;
      if (error instanceof ProvisioningError) throw error.at(place);
      throw new Error(`${place}: ${(error as Error).message}`, { cause: error });
    }
  }
}

async function undo(
  error: Error,
  original: PfOriginal,
  files: PfFiles,
  log: PlanLog,
): Promise<Error> {
  const { pf } = original;
  try {
    await restoreOriginal(original, files);
    log.info({ pf, err: error }, "a PF is as it was: its policy could not be followed");
  } catch (failure) {
    log.error({ pf, err: failure }, "a PF could not be made as it was");
    error.message += `; and not all could be undone: ${(failure as Error).message}`;
  }
  return error;
}
