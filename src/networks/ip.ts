import ipaddr from "ipaddr.js";

export type Family = 4 | 6;

/** An address as a number, so that offsets and masks are plain BigInt arithmetic. */
export interface Address {
  family: Family;
  value: bigint;
}

export interface Prefix {
  family: Family;
  /** First address; host bits are zero. */
  base: bigint;
  length: number;
}

/** Bits of an address. */
export const addressBits = (family: Family): number => (family === 4 ? 32 : 128);

/** Number of addresses in a prefix, reserved ones included. */
export const prefixSize = (prefix: Prefix): bigint =>
  1n << BigInt(addressBits(prefix.family) - prefix.length);

/**
 * Reads an IPv4 dotted quad or an IPv6 address.
 * @throws RangeError for anything else: zone ids, IPv4-mapped IPv6 (RFC 4291 2.5.5.2), "10.1" or octal.
 */
export function parseAddress(text: string): Address {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return { family: 4, value: fromBytes(ipaddr.IPv4.parse(text).toByteArray()) };
  }
  if (!text.includes("%") && ipaddr.IPv6.isValid(text)) {
    const parsed = ipaddr.IPv6.parse(text);
    if (!parsed.isIPv4MappedAddress()) {
      return { family: 6, value: fromBytes(parsed.toByteArray()) };
    }
  }
  throw new RangeError("not an IPv4 or IPv6 address");
}

/**
 * Reads CIDR notation (RFC 4632 3.1, RFC 4291 2.3).
 * @throws RangeError saying what is wrong: no length, length out of range, host bits set.
 */
export function parsePrefix(text: string): Prefix {
  const { address, length } = parseCidr(text);
  const hostBits = BigInt(addressBits(address.family) - length);
  const base = (address.value >> hostBits) << hostBits;
  const prefix = { family: address.family, base, length };
  if (base !== address.value) {
    throw new RangeError(`host bits are set, the prefix is ${formatPrefix(prefix)}`);
  }
  return prefix;
}

/** Reads an address with a prefix length whose host bits may be set, e.g. an interface address. */
export function parseCidr(text: string): { address: Address; length: number } {
  const slash = text.indexOf("/");
  if (slash < 0) throw new RangeError("the prefix length is missing");
  const address = parseAddress(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  const bits = addressBits(address.family);
  if (!/^\d{1,3}$/.test(digits) || Number(digits) > bits) {
    throw new RangeError(`the length of an IPv${address.family} prefix is 0 to ${bits}`);
  }
  return { address, length: Number(digits) };
}

/** Dotted quad, or IPv6 in the canonical form of RFC 5952. */
export function formatAddress(address: Address): string {
  const bytes = toBytes(address.value, addressBits(address.family) / 8);
  return address.family === 4
    ? new ipaddr.IPv4(bytes).toString()
    : new ipaddr.IPv6(bytes).toRFC5952String();
}

/** CIDR notation, the address as formatAddress writes it. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress({ family: prefix.family, value: prefix.base })}/${prefix.length}`;
}

/** CIDR of the one address alone: /32 or /128. */
export function hostPrefix(address: Address): string {
  return `${formatAddress(address)}/${addressBits(address.family)}`;
}

/** False as well when the families differ. */
export function contains(prefix: Prefix, address: Address): boolean {
  const offset = address.value - prefix.base;
  return address.family === prefix.family && offset >= 0n && offset < prefixSize(prefix);
}

/** True when every address of `inner` is in `outer`. */
export function covers(outer: Prefix, inner: Prefix): boolean {
  return (
    inner.length >= outer.length && contains(outer, { family: inner.family, value: inner.base })
  );
}

/** Two prefixes overlap exactly when one covers the other. */
export const overlaps = (a: Prefix, b: Prefix): boolean => covers(a, b) || covers(b, a);

/** Addresses are objects, so === does not compare them. */
export const sameAddress = (a: Address, b: Address): boolean =>
  a.family === b.family && a.value === b.value;

/** Canonical text of an address or CIDR, so that two spellings of it compare equal. */
export function canonicalCidr(text: string): string {
  const { address, length } = parseCidr(text);
  return `${formatAddress(address)}/${length}`;
}

function fromBytes(bytes: number[]): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function toBytes(value: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    Number((value >> BigInt(8 * (count - 1 - i))) & 0xffn),
  );
}
