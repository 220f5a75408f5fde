import { discover } from "../../sriov/discovery/discover.ts";
import { type NetdevReaders, sysfsReaders } from "../../sriov/discovery/readers.ts";
import type { PhysicalFunction } from "../../sriov/types.ts";
import { type Finding, ok } from "./finding.ts";
import type { DoctorHost, DoctorNative } from "./host.ts";
import { usual } from "./netdevs.ts";

/** Which devices have virtual functions; without any, everything else works all the same. */
export async function checkSriov({ sys, native }: DoctorHost): Promise<Finding[]> {
  const readers = native === null ? sysfsReaders(sys) : netlinkReaders(native);
  const found = await discover({ sysfs: sys, ...readers });
  if (found.length === 0)
    return [ok("SR-IOV", "no device with virtual functions; veths need none")];
  return found.flatMap((pf) => [ok("SR-IOV", describe(pf)), ...vfsByDriver(pf)]);
}

const netlinkReaders = (native: DoctorNative): NetdevReaders => ({
  links: () => native.listLinks(),
  xdpFeatures: () => native.netdevFeatures(),
});

function describe(pf: PhysicalFunction): string {
  const numa = pf.numaNode < 0 ? "" : `, NUMA node ${pf.numaNode}`;
  const driver = pf.driver || "no driver";
  const name = pf.ifname || "no netdev here";
  return `${name} (${pf.address}, ${driver}${numa}): ${pf.numVfs} of ${pf.totalVfs} VFs`;
}

/** What can be expected of VFs as ports; which mode a port reaches is probed. */
function vfsByDriver({ ifname, address, vfs }: PhysicalFunction): Finding[] {
  const drivers = [...new Set(vfs.map(({ driver }) => driver))];
  return drivers.map((driver) => {
    const count = vfs.filter((vf) => vf.driver === driver).length;
    const what = `${count} VF(s) of ${ifname || address}`;
    if (driver === "") return ok("SR-IOV", `${what} without a driver`);
    if (driver === "vfio-pci") return ok("SR-IOV", `${what} under vfio-pci, for programs`);
    return ok("SR-IOV", `${what} under ${driver}: ${usual(driver)}`);
  });
}
