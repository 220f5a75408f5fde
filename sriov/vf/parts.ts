import type { Bdf, VfKernel } from "../types.ts";

/** What the life cycle of a VF works with. */
export interface VfParts {
  kernel: VfKernel;
  /** Name of the netdev of a PF in our namespace; "" when it has none there. */
  pfName(pf: Bdf): Promise<string>;
  /** Whether there is such a PCI device. */
  exists(address: Bdf): Promise<boolean>;
  pause(milliseconds: number): Promise<void>;
}

/** The same for one operation, in which PFs keep their names: each is looked up once. */
export function briefly(parts: VfParts): VfParts {
  const known = new Map<Bdf, Promise<string>>();
  const pfName = (pf: Bdf) => {
    const name = known.get(pf) ?? parts.pfName(pf);
    known.set(pf, name);
    return name;
  };
  return { ...parts, pfName };
}

/** Looks a PF up by its address: names are others after a reboot. */
export function pfNameBy(kernel: VfKernel): VfParts["pfName"] {
  return async (pf) => (await kernel.findNetdev("", pf))?.name ?? "";
}
