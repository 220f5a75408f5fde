import { join } from "node:path";
import { readText } from "../sysfs.ts";

/** Of a VF of this host; the names of those of other hosts (DPUs) begin with their controller. */
const VF_PORT = /^pf(\d+)vfr?(\d+)$/;

/**
 * Representors of the VFs of a PF, by VF index: netdevs that are ports of the same switch and whose
 * port name says which VF of which PF they stand for (Documentation/networking/representors.rst).
 * @param uplink directory of the PF's netdev
 * @param names of the links to look at
 */
export async function representors(
  sysfs: string,
  address: string,
  uplink: string,
  names: readonly string[],
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  const switchId = await readText(uplink, "phys_switch_id");
  if (!switchId) return found;
  // Ports are numbered by PCI function: two PFs of one card can share a switch.
  const pf = Number.parseInt(address.slice(-1), 16);
  for (const name of names) {
    const path = join(sysfs, "class/net", name);
    const port = VF_PORT.exec((await readText(path, "phys_port_name")) ?? "");
    if (port === null || Number(port[1]) !== pf) continue;
    if ((await readText(path, "phys_switch_id")) === switchId) found.set(Number(port[2]), name);
  }
  return found;
}
