import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { isNetns } from "../../cni/netns.ts";
import { discoverHost } from "../../sriov/policy/provision.ts";
import { linkName, pciDevice, SYSFS } from "../../sriov/sysfs.ts";
import type { Bdf, PhysicalFunction } from "../../sriov/types.ts";
import { pfNameBy, type VfParts } from "../../sriov/vf/parts.ts";
import { perPf } from "../../sriov/vf/per-pf.ts";
import { loadNative, type Native, type NativeVfs } from "../dataplane/native.ts";
import { bootId } from "../store/boot-id.ts";

/** The VFs of a node: what is there, and what they are changed with. */
export interface VfHost {
  life: VfParts;
  bootId: string;
  discover(): Promise<PhysicalFunction[]>;
  /** Driver that is bound to a device now; "" when there is none. */
  driverOf(address: Bdf): Promise<string>;
  /** Whether there is a network namespace at a path. */
  isNetns(path: string): Promise<boolean>;
}

/** @param native tells what is there; VFs are changed by the addon, whatever `native` is */
export function vfHost(native: Native, sysfs = SYSFS): VfHost {
  const wait = (milliseconds: number) => pause(milliseconds);
  const kernel = perPf(addonVfs, wait);
  return {
    bootId: bootId(),
    life: {
      kernel,
      pfName: pfNameBy(kernel),
      exists: async (address) => existsSync(pciDevice(sysfs, address)),
      pause: wait,
    },
    discover: () => discoverHost({ native, sysfs }),
    isNetns,
    driverOf: (address) => linkName(pciDevice(sysfs, address), "driver"),
  };
}

/** The addon, loaded when it is called: agents of tests that have no VFs need none. */
export const addonVfs: NativeVfs = {
  listVfSettings: (...args) => loadNative().listVfSettings(...args),
  setVf: (...args) => loadNative().setVf(...args),
  findNetdev: (...args) => loadNative().findNetdev(...args),
  setNetdev: (...args) => loadNative().setNetdev(...args),
  moveNetdev: (...args) => loadNative().moveNetdev(...args),
  announce: (...args) => loadNative().announce(...args),
  listVfStatistics: (...args) => loadNative().listVfStatistics(...args),
  netdevStatistics: (...args) => loadNative().netdevStatistics(...args),
};
