import { linkName, names, pciDevice, readNumber, readText, SYSFS } from "../sysfs.ts";
import type { Bdf, PhysicalFunction, VirtualFunction } from "../types.ts";
import { hasCarrier, Netdevs } from "./netdevs.ts";
import type { NetdevReaders } from "./readers.ts";
import { representors } from "./representors.ts";

export interface DiscoverOptions extends NetdevReaders {
  /** Where sysfs is mounted; tests pass a tree of their own. */
  sysfs?: string;
}

/** Network controllers (PCI Code and ID Assignment Specification): 0x02 of 0x020000. */
const NETWORK_CLASS = /^0x02/;
const VIRTFN = /^virtfn(\d+)$/;

/**
 * Finds the PFs of this node and their VFs, whether they have a netdev in our network namespace or
 * not, ordered by PCI address. A device that goes while it is read is left out.
 * @throws when netlink or sysfs fail for another reason than a device that is gone
 * @see Documentation/ABI/testing/sysfs-bus-pci, sriov_totalvfs, sriov_numvfs and virtfnN
 */
export async function discover(options: DiscoverOptions): Promise<PhysicalFunction[]> {
  const { sysfs = SYSFS } = options;
  const devices = (await names(sysfs, "bus/pci/devices")).map((name) => name as Bdf);
  const candidates = await Promise.all(devices.map((address) => findCandidate(sysfs, address)));
  const pfs = candidates.filter((pf) => pf !== null);
  // Most nodes have none, and their many links need not be listed.
  if (pfs.length === 0) return [];
  const netdevs = await Netdevs.read(options);
  const found = pfs.map((pf) => describePf(sysfs, pf, netdevs));
  return (await Promise.all(found)).filter((pf) => pf !== null);
}

type Candidate = Pick<PhysicalFunction, "address" | "totalVfs">;

/** A NIC that can have VFs. */
async function findCandidate(sysfs: string, address: Bdf): Promise<Candidate | null> {
  const device = pciDevice(sysfs, address);
  const totalVfs = await readNumber(device, "sriov_totalvfs");
  if (totalVfs === null) return null;
  const isNic = NETWORK_CLASS.test((await readText(device, "class")) ?? "");
  return isNic ? { address, totalVfs } : null;
}

async function describePf(
  sysfs: string,
  { address, totalVfs }: Candidate,
  netdevs: Netdevs,
): Promise<PhysicalFunction | null> {
  const device = pciDevice(sysfs, address);
  const { netdev } = await netdevs.ofDevice(device);
  const ports = netdev && (await representors(sysfs, address, netdev.path, netdevs.names));
  const vfs = await findVfs(sysfs, address, netdevs, ports ?? new Map());
  const linkUp = netdev?.up === true && (await hasCarrier(netdev.path));
  const numVfs = (await readNumber(device, "sriov_numvfs")) ?? 0;
  const facts = await describeDevice(device);
  if (facts === null) return null;
  return {
    address,
    ifname: netdev?.name ?? "",
    ...facts,
    mac: netdev?.mac ?? "",
    mtu: netdev?.mtu ?? 0,
    linkUp,
    totalVfs,
    numVfs,
    // Only devlink tells: DEVLINK_CMD_ESWITCH_GET of generic netlink, by bus "pci" and address.
    eswitchMode: "",
    xdpFeatures: netdev?.xdpFeatures ?? null,
    vfs,
  };
}

async function findVfs(
  sysfs: string,
  pf: Bdf,
  netdevs: Netdevs,
  ports: ReadonlyMap<number, string>,
): Promise<VirtualFunction[]> {
  const indexes = (await names(pciDevice(sysfs, pf)))
    .map((name) => VIRTFN.exec(name)?.[1])
    .filter((index) => index !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  const found = indexes.map((index) => describeVf(sysfs, pf, index, netdevs, ports));
  return (await Promise.all(found)).filter((vf) => vf !== null);
}

async function describeVf(
  sysfs: string,
  pf: Bdf,
  index: number,
  netdevs: Netdevs,
  ports: ReadonlyMap<number, string>,
): Promise<VirtualFunction | null> {
  const address = await linkName(pciDevice(sysfs, pf), `virtfn${index}`);
  const device = pciDevice(sysfs, address);
  // Also when the VF has gone since: what is there now is no VF of this PF.
  if (address === "" || (await linkName(device, "physfn")) !== pf) return null;
  const { netdev, made } = await netdevs.ofDevice(device);
  const facts = await describeDevice(device);
  if (facts === null) return null;
  return {
    address,
    pf,
    index,
    ...facts,
    ifname: netdev?.name ?? "",
    hasNetdev: made,
    representor: ports.get(index) ?? "",
    xdpFeatures: netdev?.xdpFeatures ?? null,
  };
}

type DeviceFacts = Pick<
  VirtualFunction,
  "driver" | "vendor" | "device" | "numaNode" | "iommuGroup"
>;

/** Read last: null says that the device has gone meanwhile, and what was read before is not whole. */
async function describeDevice(device: string): Promise<DeviceFacts | null> {
  // Of the PCI device, which is what binds: for virtio virtio-pci, not virtio_net.
  const driver = await linkName(device, "driver");
  const group = await linkName(device, "iommu_group");
  const numaNode = (await readNumber(device, "numa_node")) ?? -1;
  const [vendor, id] = [await readText(device, "vendor"), await readText(device, "device")];
  if (vendor === null || id === null) return null;
  const iommuGroup = group === "" ? null : Number(group);
  return { driver, vendor: pciId(vendor), device: pciId(id), numaNode, iommuGroup };
}

const pciId = (text: string): string => text.replace(/^0x/, "");
