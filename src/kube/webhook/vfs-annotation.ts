import { VFS } from "./annotations.ts";
import { isExtendedResource } from "./kube-names.ts";
import { PodRefusal, shown } from "./pod-refusal.ts";

const OUR_PREFIX = "millrace.io";
/** More VFs than a node has. */
const MAX_COUNT = 1024;
const ACCEPTED = `pools of VFs with how many of each (1 to ${MAX_COUNT}), like "fast=2, intel.com/dpdk"`;

/**
 * Reads `millrace.io/vfs`: names of pools, or of any extended resource in full, each with a count
 * or for one.
 * @returns how many of each resource
 * @throws PodRefusal
 */
export function parseVfs(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of text.split(",")) {
    const [name = "", count = "1", ...more] = item.split("=").map((part) => part.trim());
    const resource = name.includes("/") ? name : `${OUR_PREFIX}/${name}`;
    if (more.length > 0 || !isExtendedResource(resource) || !isCount(count)) {
      throw new PodRefusal(VFS, text, `${shown(item.trim())}; accepted: ${ACCEPTED}`);
    }
    if (counts.has(resource)) {
      throw new PodRefusal(VFS, text, `${resource} is there twice; accepted: each pool once`);
    }
    counts.set(resource, Number(count));
  }
  return counts;
}

function isCount(text: string): boolean {
  return /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_COUNT;
}
