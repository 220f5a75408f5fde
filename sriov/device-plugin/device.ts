import type { Bdf } from "../types.ts";

/** A device that the kubelet may give to a container. */
export interface PluginDevice {
  id: Bdf;
  healthy: boolean;
  /** Why it is not healthy, in words; "" when it is. */
  reason: string;
  /** -1 when the platform does not say. */
  numaNode: number;
  /** "" for a VF whose PF is not on this machine, as in a VM. */
  pfAddress: Bdf;
  /** null when its driver is one of the kernel. */
  vfio: VfioGroup | null;
}

/** The character device of an IOMMU group: /dev/vfio/42, or /dev/vfio/noiommu-0 on the host alone. */
export interface VfioGroup {
  hostPath: string;
  containerPath: string;
}

/** Where a pool's devices come from. */
export interface DeviceSource {
  /** All of them, as they are now, in any order. */
  devices(): readonly PluginDevice[];
  /**
   * @param changed called when anything of `devices()` has changed, health or membership
   * @returns ends the subscription
   */
  subscribe(changed: () => void): () => void;
}

/** Extra words for the pod, per BDF; those under "*" are for every device. */
export type AdditionalInfo = Readonly<Record<string, Readonly<Record<string, string>>>>;
