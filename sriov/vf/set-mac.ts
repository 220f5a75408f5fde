import { errnoOf } from "./errors.ts";
import { HERE } from "./locate.ts";
import type { VfParts } from "./parts.ts";
import { patiently } from "./patiently.ts";
import type { VfRecord } from "./record.ts";
import { findSettings } from "./settings.ts";

// What drivers say while they do not know yet that the PF allows the address, or are in a reset.
const NOT_YET = new Set(["EADDRNOTAVAIL", "EPERM", "EACCES", "EAGAIN", "EBUSY"]);
// What a PF says to a VF that it does not trust: igb even where the VF asks for what the PF has set.
const NOT_TRUSTED = new Set(["EADDRNOTAVAIL", "EPERM", "EACCES"]);

/**
 * Sets the MAC of a VF's netdev, which is in our namespace and down. A PF tells its VF by mail which
 * address it may have, and the mail takes its time. Where trust is what lacks, the VF has it for
 * this moment, in which nobody but us can use it.
 * @throws what the driver said last
 */
export async function setMac(parts: VfParts, record: VfRecord, ifindex: number, mac: string) {
  const set = () => parts.kernel.setNetdev(HERE, ifindex, { mac });
  try {
    return await set();
  } catch (error) {
    if (!NOT_YET.has(errnoOf(error))) throw error;
    const lend = NOT_TRUSTED.has(errnoOf(error)) ? await trustOf(parts, record) : null;
    if (lend === null) return await patiently(parts.pause, NOT_YET, set);
    await lend(true);
    try {
      await patiently(parts.pause, NOT_YET, set);
    } finally {
      await lend(false);
    }
  }
}

/** What gives a VF trust and takes it back; null when it has it, or its PF cannot tell. */
async function trustOf(parts: VfParts, record: VfRecord) {
  if (record.settings === null) return null;
  const found = await findSettings(parts, record);
  if (found.settings === null || found.settings.trust !== false) return null;
  return (trust: boolean) => parts.kernel.setVf(found.pfName, record.index, { trust });
}
