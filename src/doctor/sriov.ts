import { discover } from "../../sriov/discovery/discover.ts";
import { type NetdevReaders, sysfsReaders } from "../../sriov/discovery/readers.ts";
import type { PhysicalFunction } from "../../sriov/types.ts";
import { type Finding, ok } from "./finding.ts";
import type { DoctorHost, DoctorNative } from "./host.ts";

/** Which devices have virtual functions; without any, everything else works all the same. */
export async function checkSriov({ sys, native }: DoctorHost): Promise<Finding[]> {
  const readers = native === null ? sysfsReaders(sys) : netlinkReaders(native);
  const found = await discover({ sysfs: sys, ...readers });
  if (found.length === 0)
    return [ok("SR-IOV", "no device with virtual functions; veths need none")];
  return found.map((pf) => ok("SR-IOV", describe(pf)));
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
