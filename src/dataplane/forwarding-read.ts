import {
  type Address,
  addressBits,
  formatAddress,
  formatPrefix,
  type Prefix,
  parseAddress,
  parseCidr,
} from "../networks/ip.ts";
import { macProblem } from "../networks/mac.ts";
import { ForwardingError } from "./forwarding-error.ts";

// Readers of the values in a change. Each throws a ForwardingError with its own remedy.

export function readPrefix(text: string, key: string): Prefix {
  const fail = (reason: string, remedy: string) =>
    new ForwardingError({ key, value: text, reason, remedy });
  const { address, length } = readCidr(text, fail);
  const hostBits = BigInt(addressBits(address.family) - length);
  const base = (address.value >> hostBits) << hostBits;
  const prefix = { family: address.family, base, length };
  if (base !== address.value) {
    throw fail("bits behind the prefix length are set", `write ${formatPrefix(prefix)}`);
  }
  return prefix;
}

function readCidr(text: string, fail: (reason: string, remedy: string) => Error) {
  try {
    return parseCidr(text);
  } catch (error) {
    const remedy = 'write a prefix like "10.9.0.0/24" or "fd00:9::/64"';
    throw fail((error as Error).message, remedy);
  }
}

export function readAddress(text: string, key: string): Address {
  try {
    return parseAddress(text);
  } catch (error) {
    const reason = (error as Error).message;
    const remedy = 'write an address like "10.0.12.2" or "fd00:12::2"';
    throw new ForwardingError({ key, value: text, reason, remedy });
  }
}

/** Reads the MAC address of one interface: lower case, neither a group's nor zero. */
export function readMac(text: string, key: string): string {
  const mac = text.toLowerCase().replaceAll("-", ":");
  const fail = (reason: string) => {
    const remedy = 'write the unicast MAC of an interface like "02:00:5e:10:00:01"';
    return new ForwardingError({ key, value: text, reason, remedy });
  };
  const problem = macProblem(mac);
  if (problem) throw fail(problem);
  return mac;
}

/** fe80::/10 (RFC 4291 2.5.6): on every link, so only a port says which one. */
export function isLinkLocal(address: Address): boolean {
  return address.family === 6 && address.value >> 118n === 0x3fan;
}

export const sameText = (address: Address, texts: readonly string[]): boolean =>
  texts.includes(formatAddress(address));
