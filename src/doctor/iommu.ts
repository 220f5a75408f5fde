import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Finding, ok, problem } from "./finding.ts";
import type { DoctorHost } from "./host.ts";

/** What VFs under vfio-pci need; a problem only where the configuration wants them so. */
export function checkIommu(host: DoctorHost): Finding[] {
  const wanted = host.config.sriov.policies.filter(({ driver }) => driver === "vfio-pci");
  const names = wanted.map(({ name }) => name).join(", ");
  return [
    judge("IOMMU", groupsOf(host), names, "enable it in the firmware, and intel_iommu=on at boot"),
    judge("vfio-pci", driverOf(host), names, "modprobe vfio-pci"),
  ];
}

interface Facility {
  there: boolean;
  text: string;
}

function groupsOf({ sys }: DoctorHost): Facility {
  const dir = join(sys, "kernel/iommu_groups");
  const groups = existsSync(dir) ? readdirSync(dir).length : 0;
  if (groups > 0) return { there: true, text: `${groups} group(s)` };
  return { there: false, text: "none: no VF can be given to programs by vfio-pci" };
}

function driverOf({ sys }: DoctorHost): Facility {
  const there = existsSync(join(sys, "bus/pci/drivers/vfio-pci"));
  return { there, text: there ? "loaded" : "not loaded" };
}

function judge(
  check: string,
  { there, text }: Facility,
  policies: string,
  remedy: string,
): Finding {
  if (there || policies === "") return ok(check, text);
  return problem(check, `${text}, but wanted by the policies ${policies}`, remedy);
}
