import { vfMac } from "../../src/networks/mac.ts";
import type { VfKernel } from "../types.ts";
import type { NewVfs } from "./apply-steps.ts";

/**
 * Gives new VFs addresses that are the same after every boot. Without one a driver makes some up
 * each time, and igbvf waits for seconds before it does. A PF that cannot set them has VFs with
 * addresses of their own, such as virtio's.
 */
export async function setVfMacs(
  kernel: Pick<VfKernel, "setVf">,
  pfMac: string,
  { ifname, vfs }: Pick<NewVfs, "ifname" | "vfs">,
): Promise<void> {
  if (ifname === "") return;
  for (const { index, address } of vfs) {
    try {
      await kernel.setVf(ifname, index, { mac: vfMac(pfMac, address) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EOPNOTSUPP") return;
      throw error;
    }
  }
}
