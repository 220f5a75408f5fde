import type { VfKernel } from "../types.ts";
import { HERE } from "./locate.ts";
import { briefly, type VfParts } from "./parts.ts";
import type { VfRecord } from "./record.ts";
import { restoreVf } from "./restore.ts";

/** What giving back goes by. */
export interface GiveBackBy {
  /** Whether the owner of a record has the VF still, in the same generation. */
  holds(record: Pick<VfRecord, "address" | "owner" | "generation">): boolean;
  /** Of now. */
  bootId: string;
}

/**
 * - `given back`: everything is as it was
 * - `not ours`: the VF belongs to somebody else by now, nothing was touched
 * - `rebooted`: the VF was made anew since, there is nothing to give back
 * - `destroyed`: there is no such VF any more
 */
export interface GivenBack {
  outcome: "given back" | "not ours" | "rebooted" | "destroyed";
  /** "mtu = 1500": what differed from the original. */
  restored: string[];
  /** Alternative names that the pod or the end of its namespace took from it. */
  lostAltNames: string[];
}

/**
 * Makes a VF what it was before it was attached, wherever it is now: in the pod's namespace, in
 * ours after that one died, or gone. Repeating it is safe, from whatever point an earlier attempt
 * got to; a VF that is as it was is only looked at. The owner holds the VF until this is done.
 * @throws RestoreError with everything that could not be restored; the rest was, and it can be
 *   repeated
 */
export async function giveBack(
  parts: VfParts,
  record: VfRecord,
  { holds, bootId }: GiveBackBy,
): Promise<GivenBack> {
  if (!holds(record)) return nothing("not ours");
  if (record.bootId !== bootId) return nothing("rebooted");
  if (!(await parts.exists(record.address))) return nothing("destroyed");
  // Another attempt may end meanwhile, and somebody get the VF.
  const kernel = guarded(parts.kernel, () => holds(record));
  try {
    const restored = await restoreVf(briefly({ ...parts, kernel }), record);
    return { outcome: "given back", restored, lostAltNames: await lostAltNames(parts, record) };
  } catch (error) {
    if (!holds(record)) return nothing("not ours");
    if (!(await parts.exists(record.address))) return nothing("destroyed");
    throw error;
  }
}

const nothing = (outcome: GivenBack["outcome"]): GivenBack => ({
  outcome,
  restored: [],
  lostAltNames: [],
});

/** A kernel that changes nothing any more once `may` says no. */
function guarded(kernel: VfKernel, may: () => boolean): VfKernel {
  const check = () => {
    if (!may()) throw new Error("the VF belongs to somebody else by now");
  };
  const when =
    <A extends unknown[], R>(change: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      check();
      return change(...args);
    };
  return {
    listVfSettings: (pf) => kernel.listVfSettings(pf),
    findNetdev: (netns, address) => kernel.findNetdev(netns, address),
    setVf: when((pf, index, change) => kernel.setVf(pf, index, change)),
    setNetdev: when((netns, ifindex, change) => kernel.setNetdev(netns, ifindex, change)),
    moveNetdev: when((from, ifindex, to, name) => kernel.moveNetdev(from, ifindex, to, name)),
    announce: when((netns, ifname, address) => kernel.announce(netns, ifname, address)),
  };
}

async function lostAltNames({ kernel }: VfParts, record: VfRecord): Promise<string[]> {
  const before = record.netdev?.altNames ?? [];
  if (before.length === 0) return [];
  const now = await kernel.findNetdev(HERE, record.address);
  return before.filter((name) => now && !now.altNames.includes(name) && now.name !== name);
}
