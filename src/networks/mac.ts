import { createHash, randomBytes } from "node:crypto";

const LOCAL_BIT = 0x02;
const GROUP_BIT = 0x01;

/**
 * The MAC every port of a network answers with as gateway. Derived from the name alone, so it is
 * the same after a restart and on every node: neighbour caches in pods stay right.
 */
export function gatewayMac(network: string): string {
  return derivedMac(`gateway\0${network}`);
}

/** The MAC of the pod that has `address` (no length). Whoever gets the address next inherits it. */
export function podMac(network: string, address: string): string {
  return derivedMac(`pod\0${network}\0${address}`);
}

/**
 * The MAC of the host end itself. It is not the gateway's: with XDP detached the node's kernel then
 * takes what a pod sends for somebody else's instead of routing it.
 */
export function hostMac(alias: string): string {
  return derivedMac(`host\0${alias}`);
}

/** The MAC that a new VF is given: the same after every boot, and another on every node. */
export function vfMac(pfMac: string, address: string): string {
  return derivedMac(`vf\0${pfMac}\0${address}`);
}

/** A MAC that nobody has by chance; the caller keeps it. */
export function randomMac(): string {
  return localMac(randomBytes(6));
}

/** Why the text is no MAC address of one interface; null when it is (IEEE 802). */
export function macProblem(text: string): string | null {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) return "not a MAC address";
  if (text === "00:00:00:00:00:00") return "the zero address belongs to nobody";
  // The group bit marks groups; nobody sends from one.
  return Number.parseInt(text.slice(0, 2), 16) & GROUP_BIT ? "a multicast address" : null;
}

function derivedMac(seed: string): string {
  return localMac(createHash("sha256").update(seed).digest().subarray(0, 6));
}

/** Locally administered, of one interface (IEEE 802). */
function localMac(bytes: Uint8Array): string {
  bytes[0] = ((bytes[0] ?? 0) | LOCAL_BIT) & ~GROUP_BIT;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}
