import { said } from "./errors.ts";
import type { VfParts } from "./parts.ts";
import type { VfRecord } from "./record.ts";

// Until a VF that was just brought up has carrier, what it sends is lost.
const CARRIER_TRIES = 10;
const PAUSE_MS = 20;

/**
 * Tells the neighbours where the addresses of a pod are now. To be called after the addresses were
 * set, with those that are no longer tentative (RFC 4862 5.4). Nobody depends on it: neighbours
 * find out by themselves, only later.
 * @param addresses without prefix length
 * @returns what failed
 */
export async function announceVf(
  parts: VfParts,
  { netns, ifname, address: device }: VfRecord,
  addresses: readonly string[],
): Promise<string[]> {
  const failures: string[] = [];
  if (addresses.length === 0) return failures;
  // By its name another VF may be meant by then, which would take frames that are not its own.
  if (!(await waitForCarrier(parts, netns, device))) return [`VF ${device} has left ${netns}`];
  for (const address of addresses) {
    await parts.kernel
      .announce(netns, ifname, address)
      .catch((error) => failures.push(`${address} was not announced: ${said(error)}`));
  }
  return failures;
}

/** @returns whether the VF is still there, with carrier or without */
async function waitForCarrier(
  { kernel, pause }: VfParts,
  netns: string,
  device: string,
): Promise<boolean> {
  for (let tries = 0; tries < CARRIER_TRIES; tries++) {
    const netdev = await kernel.findNetdev(netns, device).catch(() => null);
    if (netdev === null) return false;
    if (netdev.carrier) return true;
    await pause(PAUSE_MS);
  }
  return true;
}
