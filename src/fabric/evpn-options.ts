import { createHash } from "node:crypto";
import type { KernelBridges, Native } from "../dataplane/native.ts";

export interface EvpnFabricOptions {
  /** One for each overlay network: VNI, VTEP address, UDP port and bridge are read from it. */
  readonly devices: readonly { readonly vxlan: string }[];
}

/** The part of the addon that the driver uses. */
export type EvpnKernel = KernelBridges & Pick<Native, "listLinks" | "deleteLink">;

/** Of entries that tell where to flood to. */
export const ANY_MAC = "00:00:00:00:00:00";

const ALIAS_PREFIX = "millrace-evpn:";
// IFNAMSIZ leaves 15 characters.
const HASH_DIGITS = 11;

/** Our port in the bridge of a VXLAN device. */
export function portName(vxlan: string): string {
  return `evpn${createHash("sha256").update(vxlan).digest("hex").slice(0, HASH_DIGITS)}`;
}

export const portAlias = (vxlan: string): string => `${ALIAS_PREFIX}${vxlan}`;

/** The VXLAN device that a port of ours is for; null for links that are none. */
export function vxlanOfAlias(alias: string): string | null {
  return alias.startsWith(ALIAS_PREFIX) ? alias.slice(ALIAS_PREFIX.length) : null;
}
