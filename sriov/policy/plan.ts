import type { SriovPolicy } from "../../src/config/schema.ts";
import type { PhysicalFunction } from "../types.ts";
import { isBound } from "./drivers.ts";
import type { Plan, PlanStep, ProvisioningFacts } from "./plan-types.ts";
import { findRefusal } from "./refusals.ts";
import { selectsIndex, selectsPf } from "./selectors.ts";

/**
 * What has to be done so that every PF is as its policy says. A PF is changed whole or not at all;
 * PFs without policy, and those that are as they should be, are not looked at further.
 */
export function planProvisioning(
  pfs: readonly PhysicalFunction[],
  policies: readonly SriovPolicy[],
  facts: ProvisioningFacts,
): Plan {
  const plan: Plan = { changes: [], refusals: [], unmatched: [] };
  for (const pf of pfs) planPf(pf, policies, facts, plan);
  const idle = policies.filter(({ selectors }) => !pfs.some((pf) => selectsPf(selectors, pf)));
  plan.unmatched = idle.map(({ name }) => name);
  return plan;
}

function planPf(
  pf: PhysicalFunction,
  policies: readonly SriovPolicy[],
  facts: ProvisioningFacts,
  plan: Plan,
): void {
  const mine = policies.filter(({ selectors }) => selectsPf(selectors, pf));
  const [policy] = mine;
  if (policy === undefined) return;
  const steps = stepsFor(pf, policy);
  const refusal = findRefusal(pf, mine, steps, facts);
  const { address, ifname } = pf;
  if (refusal !== null) {
    const names = mine.map(({ name }) => name);
    plan.refusals.push({ pf: address, ifname, policies: names, ...refusal });
  } else if (steps.length > 0) {
    plan.changes.push({ pf: address, ifname, policy: policy.name, steps });
  }
}

function stepsFor(pf: PhysicalFunction, policy: SriovPolicy): PlanStep[] {
  const { numVfs = pf.numVfs } = policy;
  if (numVfs === pf.numVfs) {
    return pf.vfs.flatMap((vf) => bindStep(pf, policy, vf.index, vf.driver, false));
  }
  const steps: PlanStep[] = [];
  // The kernel takes no number but 0 while there are VFs: all go before others come.
  if (pf.numVfs > 0) steps.push({ kind: "numVfs", from: pf.numVfs, to: 0 });
  if (numVfs === 0) return steps;
  steps.push({ kind: "numVfs", from: 0, to: numVfs });
  const indexes = [...Array(numVfs).keys()];
  return [...steps, ...indexes.flatMap((index) => bindStep(pf, policy, index, "", true))];
}

/** New VFs are bound in any case, since probing is off while they are made. */
function bindStep(
  pf: PhysicalFunction,
  { selectors, driver }: SriovPolicy,
  vf: number,
  from: string,
  isNew: boolean,
): PlanStep[] {
  const wanted = selectsIndex(selectors, pf, vf) ? driver : undefined;
  const to = wanted ?? (isNew ? "kernel" : undefined);
  return to === undefined || isBound(from, to) ? [] : [{ kind: "bind", vf, from, to }];
}
