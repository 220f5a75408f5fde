import {
  addressBits,
  contains,
  covers,
  type Prefix,
  parseAddress,
  parsePrefix,
} from "../networks/ip.ts";
import type { OverlayNetwork } from "./tables.ts";

/** Of one address. A pod that has moved keeps its address, whoever has the prefix around it. */
const isHost = ({ family, length }: Prefix): boolean => length === addressBits(family);

/** The prefix of our own pods that another node claims a part of, or null. */
export function insideOwn({ prefixes }: OverlayNetwork, prefix: string): string | null {
  const parsed = parsePrefix(prefix);
  if (isHost(parsed)) return null;
  return prefixes.find((own) => covers(parsePrefix(own), parsed)) ?? null;
}

/** Says of an address whether none of the prefixes leads to it. */
export function outside(prefixes: readonly string[]): (address: string) => boolean {
  const parsed = prefixes.map(parsePrefix);
  return (address) => {
    const value = parseAddress(address);
    return !parsed.some((prefix) => contains(prefix, value));
  };
}

export interface Nested {
  inner: string;
  outer: string;
}

/**
 * Prefixes inside others, each with the next one around it. Those of single addresses and default
 * routes are left out: they are meant to be inside, or around, others.
 */
export function nested(prefixes: Iterable<string>): Nested[] {
  const all = [...prefixes]
    .filter((text) => !text.endsWith("/32") || text.includes(":"))
    .map((text) => ({ text, prefix: parsePrefix(text) }))
    .filter(({ prefix }) => prefix.length > 0 && !isHost(prefix));
  const known = new Map(all.map(({ text, prefix }) => [keyOf(prefix, prefix.length), text]));
  const lengths = [...new Set(all.map(({ prefix }) => prefix.length))].sort((a, b) => b - a);
  return all.flatMap(({ text, prefix }) => {
    const shorter = lengths.filter((length) => length < prefix.length);
    const found = shorter.find((length) => known.has(keyOf(prefix, length)));
    if (found === undefined) return [];
    return { inner: text, outer: known.get(keyOf(prefix, found)) ?? "" };
  });
}

/** Of the prefix with that length around an address. */
function keyOf({ family, base }: Prefix, length: number): string {
  const bits = BigInt(addressBits(family) - length);
  return `${family} ${base >> bits} ${length}`;
}
