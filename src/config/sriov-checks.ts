import { resourceName, resourceOf, variableOf } from "../../sriov/device-plugin/resource.ts";
import { covers, isRestricted, nameSamePf } from "../../sriov/policy/overlap.ts";
import { parsePfSelector } from "../../sriov/policy/pf-selector.ts";
import type { Fault } from "./checks.ts";
import type { Path } from "./read.ts";
import type { SriovConfig, SriovPolicy, SriovPool } from "./schema.ts";
import { PF_NAME, ROOT_DEVICE } from "./sriov-schema.ts";

/** Policies and pools that can all be followed: nothing is named twice, no VF that cannot be. */
export function checkSriov({ policies, pools }: SriovConfig, fault: Fault): void {
  policies.forEach((policy, i) => {
    const path = ["sriov", "policies", i];
    checkVfLists(policy, path, fault);
    checkPurpose(policy, path, fault);
    checkPolicyApart(policies, i, fault);
  });
  pools.forEach((pool, i) => {
    checkVfLists(pool, ["sriov", "pools", i], fault);
    checkPoolApart(pools, i, fault);
  });
}

/** @param numVfs those that are made, when the policy says so */
function checkVfLists(
  { selectors, numVfs }: Pick<SriovPolicy, "selectors"> & { readonly numVfs?: number | undefined },
  path: Path,
  fault: Fault,
): void {
  for (const [key, accepted] of [
    ["pfNames", PF_NAME] as const,
    ["rootDevices", ROOT_DEVICE] as const,
  ]) {
    selectors[key].forEach((text, i) => {
      const at = [...path, "selectors", key, i];
      const read = parsePfSelector(text);
      if (typeof read === "string") throw fault(at, { value: text, reason: read, accepted });
      const last = read.vfs?.at(-1)?.last;
      if (last === undefined || numVfs === undefined || last < numVfs) return;
      const reason = `there is no VF ${last} when numVfs is ${numVfs}`;
      throw fault(at, { value: text, reason, accepted: `VFs below ${numVfs}` });
    });
  }
}

function checkPurpose({ selectors, numVfs, driver }: SriovPolicy, path: Path, fault: Fault): void {
  if (!isRestricted(selectors)) {
    const reason = "every PF of the node would be meant";
    const accepted =
      "at least one of vendors, devices, drivers, pfNames, pciAddresses, rootDevices";
    throw fault([...path, "selectors"], { value: selectors, reason, accepted });
  }
  if (numVfs !== undefined || driver !== undefined) return;
  const reason = "missing, and driver too, so the policy asks for nothing";
  throw fault([...path, "numVfs"], {
    value: undefined,
    reason,
    accepted: "numVfs, driver or both",
  });
}

function checkPolicyApart(policies: readonly SriovPolicy[], i: number, fault: Fault): void {
  const policy = policies[i] as SriovPolicy;
  for (const other of policies.slice(0, i)) {
    if (other.name === policy.name) {
      const reason = "another policy has this name";
      const value = policy.name;
      throw fault(["sriov", "policies", i, "name"], { value, reason, accepted: "a unique name" });
    }
    const [a, b] = [other.selectors, policy.selectors];
    if (!covers(a, b) && !covers(b, a) && !nameSamePf(a, b)) continue;
    throw fault(["sriov", "policies", i, "selectors"], {
      value: b,
      reason: `policies ${other.name} and ${policy.name} select the same PF`,
      accepted:
        "each PF in one policy; VFs named with a PF (ens1f0#0-3) get `driver`, its others the kernel's",
    });
  }
}

function checkPoolApart(pools: readonly SriovPool[], i: number, fault: Fault): void {
  const pool = pools[i] as SriovPool;
  for (const other of pools.slice(0, i)) {
    if (variable(other) === variable(pool)) {
      throw fault(["sriov", "pools", i, "name"], {
        value: pool.name,
        reason: `pools ${resource(other)} and ${resource(pool)} share the variable ${variable(pool)} of pods`,
        accepted: "a name that differs in more than case, dots and underscores",
      });
    }
    if (!covers(other.selectors, pool.selectors)) continue;
    throw fault(["sriov", "pools", i, "selectors"], {
      value: pool.selectors,
      reason: `pool ${resource(other)} before ${resource(pool)} takes all these VFs`,
      accepted: "the pool with fewer VFs first, or selectors that leave it some",
    });
  }
}

const resource = (pool: SriovPool): string => resourceName(resourceOf(pool));
const variable = (pool: SriovPool): string => variableOf(resourceOf(pool));
