import { KeyedMutex } from "../../src/agent/keyed-mutex.ts";
import type { VfKernel } from "../types.ts";
import type { VfParts } from "./parts.ts";
import { patiently } from "./patiently.ts";

// i40e and ice refuse settings while they reset a VF, which every MAC and VLAN makes them do.
const IN_RESET = new Set(["EAGAIN", "EBUSY"]);

/**
 * A kernel that programs the VFs of one PF one after the other, and those of different PFs at the
 * same time. A PF that says it is busy is asked again for two seconds.
 */
export function perPf(kernel: VfKernel, pause: VfParts["pause"]): VfKernel {
  const turns = new KeyedMutex();
  return {
    listVfSettings: (pf) => kernel.listVfSettings(pf),
    setVf: (pf, index, change) =>
      turns.run(pf, () => patiently(pause, IN_RESET, () => kernel.setVf(pf, index, change))),
    findNetdev: (netns, address) => kernel.findNetdev(netns, address),
    setNetdev: (netns, ifindex, change) => kernel.setNetdev(netns, ifindex, change),
    moveNetdev: (from, ifindex, to, name) => kernel.moveNetdev(from, ifindex, to, name),
    announce: (netns, ifname, address) => kernel.announce(netns, ifname, address),
  };
}
