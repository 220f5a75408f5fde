import { errnoOf } from "./errors.ts";
import type { VfParts } from "./parts.ts";

// What drivers say while they do not know yet that the PF allows the address, or are in a reset.
const NOT_YET = new Set(["EADDRNOTAVAIL", "EPERM", "EACCES", "EAGAIN", "EBUSY"]);
const TRIES = 20;
const PAUSE_MS = 100;

/**
 * Sets the MAC of a VF's netdev. A PF tells its VF by mail which address it may have, and the mail
 * takes its time.
 * @throws what the driver said last
 */
export async function setMac(
  { kernel, pause }: Pick<VfParts, "kernel" | "pause">,
  netns: string,
  ifindex: number,
  mac: string,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await kernel.setNetdev(netns, ifindex, { mac });
    } catch (error) {
      if (tries === TRIES || !NOT_YET.has(errnoOf(error))) throw error;
    }
    await pause(PAUSE_MS);
  }
}
