import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { basename, join } from "node:path";

/** A network device that can have virtual functions. */
export interface PhysicalFunction {
  ifname: string;
  /** PCI address, e.g. 0000:3b:00.0. */
  address: string;
  driver: string;
  /** -1 when the platform does not say. */
  numaNode: number;
  totalVfs: number;
  numVfs: number;
}

/**
 * Finds the PFs of the current network namespace, ordered by PCI address.
 * @param sysfs where sysfs is mounted; tests pass a fixture tree.
 * @see Documentation/ABI/testing/sysfs-bus-pci, sriov_totalvfs and sriov_numvfs
 */
export async function findPhysicalFunctions(sysfs = "/sys"): Promise<PhysicalFunction[]> {
  const netdevs = join(sysfs, "class/net");
  const names = await readdir(netdevs).catch(() => []);
  const found = await Promise.all(names.map((name) => describe(netdevs, name)));
  return found.filter((pf) => pf !== null).sort((a, b) => a.address.localeCompare(b.address, "en"));
}

async function describe(netdevs: string, ifname: string): Promise<PhysicalFunction | null> {
  const device = await pciDevice(join(netdevs, ifname, "device"));
  if (device === null) return null;
  return {
    ifname,
    address: basename(device),
    driver: basename(await readlink(join(device, "driver")).catch(() => "")),
    numaNode: (await readNumber(join(device, "numa_node"))) ?? -1,
    totalVfs: (await readNumber(join(device, "sriov_totalvfs"))) ?? 0,
    numVfs: (await readNumber(join(device, "sriov_numvfs"))) ?? 0,
  };
}

/** A virtio netdev hangs below its PCI device, every other one is the PCI device's own. */
async function pciDevice(link: string): Promise<string | null> {
  const device = await realpath(link).catch(() => null);
  if (device === null) return null;
  for (const candidate of [device, join(device, "..")]) {
    if ((await readNumber(join(candidate, "sriov_totalvfs"))) !== null) return candidate;
  }
  return null;
}

async function readNumber(path: string): Promise<number | null> {
  const text = await readFile(path, "utf8").catch(() => null);
  const value = Number(text);
  return text === null || !Number.isInteger(value) ? null : value;
}
