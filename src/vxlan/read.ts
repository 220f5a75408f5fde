import { BlockList, isIPv4, isIPv6, SocketAddress } from "node:net";
import { formatPrefix, parsePrefix } from "../networks/ip.ts";

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
const ZERO = "00:00:00:00:00:00";

/** MAC of one station in lower case; null for anything else (IEEE 802 8.2: bit 0 is a group's). */
export function readStation(text: string): string | null {
  const mac = text.toLowerCase();
  if (!MAC.test(mac) || mac === ZERO) return null;
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0 ? mac : null;
}

/**
 * Canonical text of an address, IPv6 as in RFC 5952; null when it is none. There are 50,000 of them
 * in a large fabric, and inet_ntop() is ten times faster than arithmetic of our own.
 */
export function readAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes("%")) return null;
  const { address } = new SocketAddress({ address: text, family: "ipv6" });
  if (!address.includes(".")) return address;
  return address.startsWith("::ffff:") ? null : undotted(address);
}

/** inet_ntop() writes "::5.6.7.8" for what is "::506:708" here, as everywhere else. */
function undotted(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.slice("::".length).split(".").map(Number);
  return `::${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** RFC 6890: what cannot be the address of another node. */
const NOT_UNICAST = new BlockList();
for (const [address, length] of [
  ["0.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 3],
] as const) {
  NOT_UNICAST.addSubnet(address, length, "ipv4");
}
for (const [address, length] of [
  ["::", 127],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  NOT_UNICAST.addSubnet(address, length, "ipv6");
}

/** @param address as readAddress() gives it */
export const isUnicast = (address: string): boolean =>
  !NOT_UNICAST.check(address, address.includes(":") ? "ipv6" : "ipv4");

/** Canonical CIDR. @throws RangeError saying what is wrong */
export function readPrefix(text: string): string {
  return formatPrefix(parsePrefix(text));
}

/** CIDR of one address. */
export const hostRoute = (address: string): string =>
  `${address}/${address.includes(":") ? 128 : 32}`;
