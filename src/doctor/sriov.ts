import { findPhysicalFunctions, type PhysicalFunction } from "../../sriov/physical-functions.ts";
import { type Finding, ok } from "./finding.ts";
import type { DoctorHost } from "./host.ts";

/** Which devices have virtual functions; without any, everything else works all the same. */
export async function checkSriov({ sys }: DoctorHost): Promise<Finding[]> {
  const found = await findPhysicalFunctions(sys);
  if (found.length === 0)
    return [ok("SR-IOV", "no device with virtual functions; veths need none")];
  return found.map((pf) => ok("SR-IOV", describe(pf)));
}

function describe(pf: PhysicalFunction): string {
  const numa = pf.numaNode < 0 ? "" : `, NUMA node ${pf.numaNode}`;
  const driver = pf.driver || "no driver";
  return `${pf.ifname} (${pf.address}, ${driver}${numa}): ${pf.numVfs} of ${pf.totalVfs} VFs`;
}
