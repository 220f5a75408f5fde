import type { Bdf } from "../types.ts";
import type { VfDriver } from "./drivers.ts";

/** What of the node the plan depends on, besides its devices. */
export interface ProvisioningFacts {
  /** VFs that somebody has, with who it is, in words. */
  owners: ReadonlyMap<Bdf, string>;
  /** Names of the interfaces that a default route leaves by, directly or below a bond or bridge. */
  defaultRoute: ReadonlySet<string>;
}

/** New VFs have no address yet, so VFs go by their number. */
export type PlanStep =
  | { kind: "numVfs"; from: number; to: number }
  | { kind: "bind"; vf: number; from: string; to: VfDriver };

export interface PfPlan {
  pf: Bdf;
  /** "" when it has no netdev in our namespace. */
  ifname: string;
  policy: string;
  /** Never empty. */
  steps: PlanStep[];
}

export interface Refusal {
  pf: Bdf;
  ifname: string;
  policies: string[];
  /** Why the PF is left as it is, and what to do about it. */
  reason: string;
  remedy: string;
}

export interface Plan {
  /** At most one for each PF; a PF that is refused is in none. */
  changes: PfPlan[];
  refusals: Refusal[];
  /** Policies that select no PF of this node now. */
  unmatched: string[];
}
