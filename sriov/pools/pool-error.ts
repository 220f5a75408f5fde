import type { Bdf } from "../types.ts";

/**
 * - `exhausted`: every VF of the pool is taken or cooling down
 * - `taken`: the VF asked for is somebody else's
 * - `unknown`: there is no such pool, or the pool has no such VF
 * - `owner`: this attachment has a VF already
 * - `corrupt`: a saved state contradicts itself
 */
export type PoolErrorCode = "exhausted" | "taken" | "unknown" | "owner" | "corrupt";

/** Why no VF can be had. */
export class PoolError extends Error {
  readonly code: PoolErrorCode;

  constructor(code: PoolErrorCode, message: string) {
    super(message);
    this.name = "PoolError";
    this.code = code;
  }
}

interface Holder {
  address: Bdf;
  owner: string;
}

export interface Exhaustion {
  pool: string;
  total: number;
  holders: readonly Holder[];
  /** Seconds until the first VF that is cooling down may be had; null when none is. */
  nextInSeconds: number | null;
  cooling: number;
}

// A message that names hundreds of pods is not read.
const MAX_NAMED = 8;

/** The error for a pool that has nothing to give. */
export function exhausted({ pool, total, holders, nextInSeconds, cooling }: Exhaustion): PoolError {
  const named = holders.slice(0, MAX_NAMED).map(({ address, owner }) => `${address} by ${owner}`);
  const more = holders.length > MAX_NAMED ? ` and ${holders.length - MAX_NAMED} more` : "";
  const taken = holders.length > 0 ? ` (${named.join(", ")}${more})` : "";
  const parts = [
    `pool ${pool} has no free VF: ${holders.length} of ${total} are taken${taken}`,
    cooling > 0 ? `${cooling} cool down, the first for another ${nextInSeconds} s` : "",
  ].filter((part) => part !== "");
  return new PoolError("exhausted", parts.join(", "));
}
