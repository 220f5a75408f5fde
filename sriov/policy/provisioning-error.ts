import { basename } from "node:path";

export interface ProvisioningProblem {
  /** What could not be done, in words. */
  what: string;
  /** Of sysfs; of a link that is not as it should be, the link. */
  file: string;
  /** What was written; "" when nothing was. */
  value: string;
  /** errno name; "" when the kernel said nothing. */
  code: string;
  remedy: string;
}

/** A change of a PF or VF that the kernel did not make: what, where, why, and what helps. */
export class ProvisioningError extends Error {
  readonly what: string;
  readonly file: string;
  readonly value: string;
  readonly code: string;
  readonly remedy: string;

  constructor({ what, file, value, code, remedy }: ProvisioningProblem, cause?: unknown) {
    super(`${what}; remedy: ${remedy}`, { cause });
    this.name = "ProvisioningError";
    this.what = what;
    this.file = file;
    this.value = value;
    this.code = code;
    this.remedy = remedy;
  }

  /** The same, with where it happened in front. */
  at(place: string): ProvisioningError {
    return new ProvisioningError({ ...this, what: `${place}: ${this.what}` }, this.cause);
  }
}

/** The error for a write that the kernel refused. */
export function writeError(file: string, value: string, cause: unknown): ProvisioningError {
  const { code = "", message, syscall } = cause as NodeJS.ErrnoException;
  const what = `cannot write ${JSON.stringify(value.trim())} to ${file}: ${code || message}`;
  // A file that cannot be opened says nothing about what was written.
  const remedy = remedyFor(syscall === "open" ? "" : basename(file), code);
  return new ProvisioningError({ what, file, value, code, remedy }, cause);
}

/** What each errno means for each file: drivers/pci/iov.c, drivers/base/bus.c. */
const REMEDIES: Readonly<Record<string, string>> = {
  "sriov_numvfs EBUSY": "remove the VFs that are there, or wait until the PF is through its reset",
  "sriov_numvfs ERANGE": "fewer VFs: sriov_totalvfs is the limit",
  "sriov_numvfs ENOENT": "load a driver for the PF that makes VFs when asked by sysfs",
  "sriov_numvfs ENOSYS": "load a driver for the PF that makes VFs when asked by sysfs",
  "sriov_numvfs ENOMEM":
    "turn on SR-IOV in the firmware of the machine, or boot with pci=realloc: the VFs need PCI" +
    " memory and bus numbers",
  "sriov_numvfs EPERM": "turn on SR-IOV in the firmware of the device, or run this as root",
  "drivers_probe EINVAL": "turn on the IOMMU (intel_iommu=on) if it was to be vfio-pci; see dmesg",
  "drivers_probe ENODEV": "look whether the device is still there (lspci), then try again",
  "unbind ENODEV": "nothing else may bind drivers meanwhile; try again",
};

const GENERAL: Readonly<Record<string, string>> = {
  EACCES: "run this as root",
  EPERM: "run this as root",
  EROFS: "mount sysfs writable: a container of the agent must be privileged",
  ENOENT: "look whether the device is still there (lspci) and the kernel is new enough",
  ENODEV: "look whether the device is still there (lspci), then try again",
};

const remedyFor = (name: string, code: string): string =>
  REMEDIES[`${name} ${code}`] ?? GENERAL[code] ?? "dmesg tells more";
