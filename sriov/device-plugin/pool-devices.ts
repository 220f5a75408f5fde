import { isDeepStrictEqual } from "node:util";
import { isForProgram } from "../policy/drivers.ts";
import { assignVfs, type Selectors } from "../policy/selectors.ts";
import type { PhysicalFunction, VirtualFunction } from "../types.ts";
import type { DeviceSource, PluginDevice } from "./device.ts";

/** The devices of one pool, as discovery has found them the last time. */
export class PoolSource implements DeviceSource {
  readonly #listeners = new Set<() => void>();
  #devices: readonly PluginDevice[] = [];

  devices(): readonly PluginDevice[] {
    return this.#devices;
  }

  subscribe(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => void this.#listeners.delete(changed);
  }

  set(devices: readonly PluginDevice[]): void {
    if (isDeepStrictEqual(devices, this.#devices)) return;
    this.#devices = devices;
    for (const changed of this.#listeners) changed();
  }
}

/**
 * What each pool offers. A VF is in one pool at most, the first that selects it.
 * @param problem why a pod could do nothing with a VF; "" when it could
 */
export function poolDevices<Pool extends { readonly selectors: Selectors }>(
  pools: readonly Pool[],
  pfs: readonly PhysicalFunction[],
  problem: typeof problemOf = problemOf,
): Map<Pool, PluginDevice[]> {
  const byAddress = new Map(pfs.map((pf) => [pf.address, pf]));
  const assigned = [...assignVfs(pools, pfs)].map(([pool, vfs]) => {
    const devices = vfs.map((vf) => {
      const pf = byAddress.get(vf.pf) as PhysicalFunction;
      return deviceOf(vf, problem(vf, pf));
    });
    return [pool, devices] as const;
  });
  return new Map(assigned);
}

function deviceOf(vf: VirtualFunction, reason: string): PluginDevice {
  const group = `/dev/vfio/${vf.iommuGroup}`;
  const isVfio = vf.driver === "vfio-pci" && vf.iommuGroup !== null;
  return {
    id: vf.address,
    healthy: reason === "",
    reason,
    numaNode: vf.numaNode,
    pfAddress: vf.pf,
    vfio: isVfio ? { hostPath: group, containerPath: group } : null,
  };
}

/** Why a pod could do nothing with a VF; "" when it could. */
export function problemOf(vf: VirtualFunction, pf: PhysicalFunction): string {
  const { driver, hasNetdev } = vf;
  if (driver === "") return "no driver is bound to it";
  if (!isForProgram(vf) && !hasNetdev) return `its driver ${driver} has made no netdev for it`;
  if (pf.ifname !== "" && !pf.linkUp) return `the link of its PF ${pf.ifname} is down`;
  return "";
}
