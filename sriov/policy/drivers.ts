import type { PhysicalFunction, VirtualFunction } from "../types.ts";

/** What a policy asks for. */
export type VfDriver = "kernel" | "vfio-pci";

/** For programs in user space: the device has no netdev (DPDK's Linux guide). */
export const PROGRAM_DRIVERS = ["vfio-pci", "uio_pci_generic", "igb_uio"] as const;
const USER_SPACE: ReadonlySet<string> = new Set(PROGRAM_DRIVERS);
/** Of a PF that does nothing but have VFs. */
const STUB = "pci-pf-stub";

/** Whether a VF goes to a program of the pod instead of to its network stack. */
export const isForProgram = ({ driver }: Pick<VirtualFunction, "driver">): boolean =>
  USER_SPACE.has(driver);

/** Whether a driver is what the policy asks for: of the kernel's, whichever the kernel has chosen. */
export const isBound = (driver: string, wanted: VfDriver): boolean =>
  wanted === "kernel" ? driver !== "" && !USER_SPACE.has(driver) : driver === wanted;

/** A device whose driver makes a netdev which is not in our namespace: somebody else has it. */
export const isElsewhere = ({
  driver,
  ifname,
}: Pick<PhysicalFunction | VirtualFunction, "driver" | "ifname">): boolean =>
  ifname === "" && isBound(driver, "kernel") && driver !== STUB;
