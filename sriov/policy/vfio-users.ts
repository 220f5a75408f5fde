import { join } from "node:path";
import { linkTarget, names, pciDevice, readText, SYSFS } from "../sysfs.ts";
import type { Bdf, PhysicalFunction, VirtualFunction } from "../types.ts";

const PID = /^\d+$/;

export interface VfioSources {
  sysfs?: string;
  /** Where proc is mounted; it must show the processes of the node. */
  proc?: string;
}

/**
 * VFs that programs in user space hold through VFIO, with who it is: virtual machines, say, that
 * nobody told us of. Taking such a VF away would wait until they let it go.
 * @returns for `owners` of the facts of a plan
 */
export async function vfioUsers(
  pfs: readonly PhysicalFunction[],
  { sysfs = SYSFS, proc = "/proc" }: VfioSources = {},
): Promise<Map<Bdf, string>> {
  const vfs = pfs.flatMap((pf) => pf.vfs).filter(({ driver }) => driver === "vfio-pci");
  const users = new Map<Bdf, string>();
  if (vfs.length === 0) return users;
  const files = new Map<string, VirtualFunction[]>();
  for (const vf of vfs) {
    for (const file of await vfioFiles(sysfs, vf)) {
      files.set(file, [...(files.get(file) ?? []), vf]);
    }
  }
  for (const pid of (await names(proc)).filter((name) => PID.test(name))) {
    for (const vf of await heldBy(join(proc, pid), files)) {
      const name = (await readText(proc, pid, "comm")) ?? "";
      users.set(vf.address, `process ${pid}${name && ` (${name})`} by VFIO`);
    }
  }
  return users;
}

/** The group, and since Linux 6.6 the device itself (Documentation/driver-api/vfio.rst). */
async function vfioFiles(sysfs: string, vf: VirtualFunction): Promise<string[]> {
  const devices = await names(pciDevice(sysfs, vf.address), "vfio-dev");
  const group = vf.iommuGroup === null ? [] : [`/dev/vfio/${vf.iommuGroup}`];
  return [...group, ...devices.map((name) => `/dev/vfio/devices/${name}`)];
}

async function heldBy(
  process: string,
  files: ReadonlyMap<string, VirtualFunction[]>,
): Promise<VirtualFunction[]> {
  const held: VirtualFunction[] = [];
  for (const fd of await names(process, "fd")) {
    held.push(...(files.get(await linkTarget(process, "fd", fd)) ?? []));
  }
  return held;
}
