import type { PhysicalFunction, VirtualFunction } from "../types.ts";
import { inRanges, parsePfSelector } from "./pf-selector.ts";

/**
 * Which devices are meant, by the words of the established device plugin. A key without values
 * restricts nothing; of several values one must fit, of several keys each.
 */
export interface Selectors {
  /** PCI ids of the device itself: of the PF in a policy, of the VF in a pool. */
  readonly vendors: readonly string[];
  readonly devices: readonly string[];
  /** PCI driver that is bound to it. */
  readonly drivers: readonly string[];
  /** "ens1f0" or "ens1f0#0-3,5": the PF, and VFs of it. */
  readonly pfNames: readonly string[];
  readonly pciAddresses: readonly string[];
  /** PCI address of the PF, and VFs of it: "0000:01:00.0#0-3". */
  readonly rootDevices: readonly string[];
}

type Device = Pick<PhysicalFunction, "address" | "vendor" | "device" | "driver">;
type Parent = Pick<PhysicalFunction, "address" | "ifname">;

/** Whether a policy is about this PF. */
export function selectsPf(selectors: Selectors, pf: PhysicalFunction): boolean {
  return selectsDevice(selectors, pf) && selectsParent(selectors, pf, () => true);
}

/** Whether a VF with this number, of a PF that the selectors are about, is meant as well. */
export function selectsIndex(selectors: Selectors, pf: Parent, index: number): boolean {
  return selectsParent(selectors, pf, (vfs) => vfs(index));
}

/** Whether a VF belongs to a pool. */
export function selectsVf(
  selectors: Selectors,
  pf: PhysicalFunction,
  vf: VirtualFunction,
): boolean {
  return selectsDevice(selectors, vf) && selectsIndex(selectors, pf, vf.index);
}

/**
 * Gives each VF to the first pool that selects it: nobody can have it twice.
 * @returns VFs by pool, in the order of `pools`
 */
export function assignVfs<Pool extends { readonly selectors: Selectors }>(
  pools: readonly Pool[],
  pfs: readonly PhysicalFunction[],
): Map<Pool, VirtualFunction[]> {
  const assigned = new Map(pools.map((pool) => [pool, [] as VirtualFunction[]]));
  for (const pf of pfs) {
    for (const vf of pf.vfs) {
      const pool = pools.find(({ selectors }) => selectsVf(selectors, pf, vf));
      if (pool !== undefined) assigned.get(pool)?.push(vf);
    }
  }
  return assigned;
}

function selectsDevice(selectors: Selectors, device: Device): boolean {
  const { vendors, devices, drivers, pciAddresses } = selectors;
  return (
    (vendors.length === 0 || hexAmong(vendors, device.vendor)) &&
    (devices.length === 0 || hexAmong(devices, device.device)) &&
    (drivers.length === 0 || drivers.includes(device.driver)) &&
    (pciAddresses.length === 0 || hexAmong(pciAddresses, device.address))
  );
}

/** The kernel writes ids and addresses in lower case, people in either. */
const hexAmong = (texts: readonly string[], value: string): boolean =>
  texts.some((text) => text.toLowerCase() === value);

type Covers = (index: number) => boolean;

function selectsParent(
  { pfNames, rootDevices }: Selectors,
  { ifname, address }: Parent,
  accepts: (covers: Covers) => boolean,
): boolean {
  const roots = rootDevices.map((text) => text.toLowerCase());
  return (
    (pfNames.length === 0 || named(pfNames, ifname).some(accepts)) &&
    (roots.length === 0 || named(roots, address).some(accepts))
  );
}

/** What the selectors with this PF say about its VFs. */
function named(texts: readonly string[], pf: string): Covers[] {
  return texts.flatMap((text) => {
    const selector = parsePfSelector(text);
    if (typeof selector === "string" || selector.pf !== pf) return [];
    return [(index: number) => inRanges(selector.vfs, index)];
  });
}
