import { resourceName, resourceOf } from "../../sriov/device-plugin/resource.ts";
import { PoolError } from "../../sriov/pools/pool-error.ts";
import type { VfQuery } from "../../sriov/pools/pools.ts";
import type { Bdf } from "../../sriov/types.ts";
import type { SriovPool } from "../config/schema.ts";

/** What a VF is asked for by: an address that the kubelet has chosen, or a pool. */
export interface VfWanted {
  device: Bdf | null;
  /** "" for whatever pool has the device. */
  pool: string;
}

/** What a pool is known by: its resource. */
export const nameOf = (pool: SriovPool): string => resourceName(resourceOf(pool));

/**
 * Which VF is meant.
 * @param owning pool that has the device; "" for none, null when there is no such VF
 * @throws PoolError unknown
 */
export function queryFor(
  pools: readonly SriovPool[],
  { device, pool }: VfWanted,
  owning: string | null,
): Omit<VfQuery, "owner"> {
  if (device === null) return { pool: poolToChooseFrom(pools, pool) };
  if (owning === null) {
    const reason = `deviceID = ${device} is no VF of this node`;
    throw new PoolError("unknown", `${reason}; accepted: one of those in "millrace vf list"`);
  }
  return { pool: pool === "" ? owning : nameOf(named(pools, pool)), address: device };
}

// The kubelet does not know what we take, and would give the same VF to another pod.
function poolToChooseFrom(pools: readonly SriovPool[], name: string): string {
  if (name === "") {
    const accepted = "deviceID from the resource of the pod, or pool";
    throw new PoolError("unknown", `no VF is asked for; accepted: ${accepted}`);
  }
  const pool = named(pools, name);
  if (!pool.devicePlugin) return nameOf(pool);
  const accepted = "deviceID, or a pool with devicePlugin: false in the agent's configuration";
  const reason = `the kubelet gives the VFs of pool = ${name} to pods`;
  throw new PoolError("unknown", `${reason}; accepted: ${accepted}`);
}

function named(pools: readonly SriovPool[], name: string): SriovPool {
  const found = pools.filter((pool) => pool.name === name || nameOf(pool) === name);
  const [only] = found;
  if (only && found.length === 1) return only;
  const all = pools.map(nameOf).join(", ") || "none";
  const what = only ? `pool = ${name} is not one pool` : `pool = ${name} is not configured`;
  throw new PoolError("unknown", `${what}; accepted: ${all}`);
}
