import type { Bdf, NetdevInfo, VfKernel } from "../types.ts";
import { errnoOf } from "./errors.ts";

/** Our own network namespace, as VfKernel names it. */
export const HERE = "";

export interface Place {
  netns: string;
  netdev: NetdevInfo;
}

/**
 * Finds the netdev of a VF by its address, in our namespace or in a pod's that may be gone. null
 * when it is in neither.
 */
export async function locate(
  { kernel }: { kernel: Pick<VfKernel, "findNetdev"> },
  address: Bdf,
  netns: string,
): Promise<Place | null> {
  const inPod = netns === HERE ? null : await kernel.findNetdev(netns, address).catch(nullIfGone);
  if (inPod) return { netns, netdev: inPod };
  const here = await kernel.findNetdev(HERE, address);
  return here && { netns: HERE, netdev: here };
}

// The path of a dead namespace is missing, or an ordinary file that nothing is mounted on.
export const NETNS_GONE: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EINVAL", "ESRCH"]);

function nullIfGone(error: unknown): null {
  if (NETNS_GONE.has(errnoOf(error))) return null;
  throw error;
}
