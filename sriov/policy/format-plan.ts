import type { PfPlan, Plan, PlanStep, Refusal } from "./plan-types.ts";

/** The plan for people, one line for each step: what a dry run shows. */
export function formatPlan({ changes, refusals, unmatched }: Plan): string {
  const lines = [
    ...changes.flatMap(formatPf),
    ...refusals.map(formatRefusal),
    ...unmatched.map((name) => `policy ${name}: selects no PF of this node`),
  ];
  if (changes.length === 0) lines.push("nothing to change");
  return lines.join("\n");
}

function formatPf({ steps, policy, ...pf }: PfPlan): string[] {
  const lines = grouped(steps).map((step, i) => `  ${i + 1}. ${formatStep(step)}`);
  return [`${formatName(pf)}, policy ${policy}:`, ...lines];
}

function formatRefusal({ policies, reason, remedy, ...pf }: Refusal): string {
  const which = policies.length === 1 ? `policy ${policies[0]}` : `policies ${policies.join(", ")}`;
  return `${formatName(pf)}, ${which}: left as it is: ${reason}; remedy: ${remedy}`;
}

const formatName = ({ pf, ifname }: Pick<PfPlan, "pf" | "ifname">): string =>
  ifname === "" ? pf : `${ifname} (${pf})`;

type Group = { step: PlanStep; last: number };

/** VFs in a row that get the same driver are one line: there can be 256. */
function grouped(steps: readonly PlanStep[]): Group[] {
  const groups: Group[] = [];
  for (const step of steps) {
    const group = groups.at(-1);
    if (group !== undefined && continues(group, step)) group.last++;
    else groups.push({ step, last: step.kind === "bind" ? step.vf : 0 });
  }
  return groups;
}

const continues = ({ step: first, last }: Group, next: PlanStep): boolean =>
  first.kind === "bind" &&
  next.kind === "bind" &&
  next.vf === last + 1 &&
  next.from === first.from &&
  next.to === first.to;

function formatStep({ step, last }: Group): string {
  if (step.kind === "numVfs") {
    return step.to === 0
      ? `remove ${step.from === 1 ? "the VF" : `all ${step.from} VFs`}`
      : `make ${count(step.to)}`;
  }
  const which = last === step.vf ? `VF ${step.vf}` : `VFs ${step.vf}-${last}`;
  const driver = step.to === "kernel" ? "the driver of the kernel" : step.to;
  return `bind ${which} to ${driver}${step.from === "" ? "" : `, now ${step.from}`}`;
}

const count = (vfs: number): string => (vfs === 1 ? "1 VF" : `${vfs} VFs`);
