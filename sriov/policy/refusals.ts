import type { SriovPolicy } from "../../src/config/schema.ts";
import type { PhysicalFunction, VirtualFunction } from "../types.ts";
import { isElsewhere } from "./drivers.ts";
import type { PlanStep, ProvisioningFacts, Refusal } from "./plan-types.ts";

type Reason = Pick<Refusal, "reason" | "remedy">;

/**
 * Why a PF must stay as it is; null when nothing is in the way.
 * @param policies those that select it
 * @param steps that the first of them asks for
 */
export function findRefusal(
  pf: PhysicalFunction,
  policies: readonly SriovPolicy[],
  steps: readonly PlanStep[],
  facts: ProvisioningFacts,
): Reason | null {
  const [policy, ...others] = policies;
  if (policy === undefined) return null;
  if (others.length > 0) {
    const names = policies.map(({ name }) => name).join(" and ");
    const remedy = "narrow the selectors, so that one policy is left";
    return { reason: `policies ${names} select this PF`, remedy };
  }
  if (steps.length === 0) return null;
  return (
    noDriver(pf, steps) ??
    tooMany(pf, policy) ??
    defaultRoute(pf, policy, facts) ??
    pfInUse(pf, steps, facts) ??
    inUse(pf, steps, facts) ??
    noIommu(pf, steps)
  );
}

const setsNumVfs = (steps: readonly PlanStep[]): boolean =>
  steps.some(({ kind }) => kind === "numVfs");

function noDriver({ driver }: PhysicalFunction, steps: readonly PlanStep[]): Reason | null {
  if (driver !== "" || !setsNumVfs(steps)) return null;
  const remedy = "load the module of its driver";
  return { reason: "no driver is bound to the PF, and it is the driver that makes VFs", remedy };
}

function tooMany({ totalVfs }: PhysicalFunction, { numVfs = 0 }: SriovPolicy): Reason | null {
  if (numVfs <= totalVfs) return null;
  const reason = `numVfs ${numVfs} is above ${totalVfs}, which is all that the device offers`;
  return { reason, remedy: `numVfs up to ${totalVfs}, or more VFs in the firmware of the device` };
}

function defaultRoute(
  { ifname }: PhysicalFunction,
  { name, allowDefaultRoute }: SriovPolicy,
  facts: ProvisioningFacts,
): Reason | null {
  if (allowDefaultRoute || !facts.defaultRoute.has(ifname)) return null;
  const reason = `a default route of the node leaves by ${ifname}, and making VFs can reset the PF`;
  return { reason, remedy: `allowDefaultRoute: true in policy ${name}, or another PF` };
}

/** Making VFs can reset the PF, whoever works with it. */
function pfInUse(
  pf: PhysicalFunction,
  steps: readonly PlanStep[],
  facts: ProvisioningFacts,
): Reason | null {
  if (!setsNumVfs(steps)) return null;
  const user = userOf(pf, facts);
  if (user === null) return null;
  const reason = `the PF itself ${user}, and making or removing VFs can reset it`;
  return { reason, remedy: "give the PF back first, then this is tried again" };
}

/** VFs that would be destroyed or lose their driver while somebody has them. */
function inUse(
  pf: PhysicalFunction,
  steps: readonly PlanStep[],
  facts: ProvisioningFacts,
): Reason | null {
  const bound = new Set(steps.map((step) => (step.kind === "bind" ? step.vf : -1)));
  const touched = setsNumVfs(steps) ? pf.vfs : pf.vfs.filter(({ index }) => bound.has(index));
  const users = usersOf(touched, facts);
  if (users.length === 0) return null;
  const doing = setsNumVfs(steps) ? "removing all VFs first" : "binding another driver";
  const reason = `${users.join(", ")}; what the policy asks for means ${doing}`;
  return { reason, remedy: "give these VFs back first, then this is tried again" };
}

/** Of VFs that somebody has: which, and who it is, in words. */
export function usersOf(vfs: readonly VirtualFunction[], facts: ProvisioningFacts): string[] {
  return vfs.flatMap((vf) => {
    const user = userOf(vf, facts) ?? routeOf(vf, facts);
    return user === null ? [] : [`VF ${vf.index} (${vf.address}) ${user}`];
  });
}

function userOf(one: PhysicalFunction | VirtualFunction, facts: ProvisioningFacts): string | null {
  const owner = facts.owners.get(one.address);
  if (owner !== undefined) return `belongs to ${owner}`;
  return isElsewhere(one) ? "has its netdev in another network namespace" : null;
}

const routeOf = ({ ifname }: VirtualFunction, { defaultRoute }: ProvisioningFacts) =>
  defaultRoute.has(ifname) ? `carries a default route of the node by ${ifname}` : null;

/** The group of a VF that is not there yet cannot be known; where the PF has none, no VF will. */
function noIommu(pf: PhysicalFunction, steps: readonly PlanStep[]): Reason | null {
  const without = steps.some((step) => {
    if (step.kind !== "bind" || step.to !== "vfio-pci") return false;
    const vf = setsNumVfs(steps) ? undefined : pf.vfs.find(({ index }) => index === step.vf);
    return (vf ?? pf).iommuGroup === null;
  });
  if (!without) return null;
  return {
    reason: "vfio-pci needs an IOMMU, and this device is behind none",
    remedy:
      "turn on VT-d or AMD-Vi in the firmware and boot with intel_iommu=on (Intel), or the" +
      " driver kernel",
  };
}
