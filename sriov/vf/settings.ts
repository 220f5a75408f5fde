import type { VfSettings } from "../types.ts";
import { errnoOf, VfError } from "./errors.ts";
import type { VfParts } from "./parts.ts";

interface Device {
  address: string;
  pf: string;
  index: number;
}

export interface SettingsOfPf {
  pfName: string;
  settings: VfSettings;
  /** Of the PF's other VFs. */
  others: VfSettings[];
}

/** How a PF has set a VF up, or why nobody here can set it up. */
export type SettingsFound = SettingsOfPf | { pfName: null; settings: null; because: string };

/**
 * Reads how a VF is set up. Inside a virtual machine there is no PF, and some drivers of PFs take
 * no settings: that is an answer, not an error.
 * @throws VfError when the PF has no such VF; what the kernel says otherwise
 */
export async function findSettings(parts: VfParts, device: Device): Promise<SettingsFound> {
  const { pf, index } = device;
  const pfName = await parts.pfName(pf);
  if (pfName === "") return none(`its PF ${pf} has no netdev here`);
  const all = await listOrNull(parts, pfName);
  if (all === null || all.length === 0) return none(`its PF ${pf} (${pfName}) takes no settings`);
  const settings = all.find((one) => one.index === index);
  if (settings) return { pfName, settings, others: all.filter((one) => one !== settings) };
  const reason = `PF ${pf} (${pfName}) has no VF ${index} any more`;
  throw new VfError({ subject: `VF ${device.address}`, reason });
}

const none = (because: string): SettingsFound => ({ pfName: null, settings: null, because });

async function listOrNull({ kernel }: VfParts, pfName: string): Promise<VfSettings[] | null> {
  try {
    return await kernel.listVfSettings(pfName);
  } catch (error) {
    if (errnoOf(error) === "EOPNOTSUPP") return null;
    throw error;
  }
}
