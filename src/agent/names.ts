import { createHash } from "node:crypto";
import { attachmentKey } from "../store/records.ts";

const ALIAS_PREFIX = "millrace:";
// IFNAMSIZ leaves 15 characters.
const HASH_DIGITS = 13;

/** Name of the host end. Follows from the attachment alone, so DEL finds it without a record. */
export function hostName(containerId: string, ifname: string): string {
  const key = attachmentKey(containerId, ifname);
  return `mr${digitsOf(key)}`;
}

/** What tells the interfaces of one port from those of others. */
export function digitsOf(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, HASH_DIGITS);
}

/** The alias of the host end: how a link is known to be ours. */
export function aliasOf(containerId: string, ifname: string): string {
  return `${ALIAS_PREFIX}${attachmentKey(containerId, ifname)}`;
}

/** The key of the attachment that a link belongs to; null for links that are not ours. */
export function keyOfAlias(alias: string): string | null {
  return alias.startsWith(ALIAS_PREFIX) ? alias.slice(ALIAS_PREFIX.length) : null;
}
