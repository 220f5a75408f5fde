import { isIPv4, isIPv6 } from "node:net";
import { z } from "zod";
import {
  type Address,
  contains,
  type Family,
  formatAddress,
  formatPrefix,
  type Prefix,
  parseAddress,
  parsePrefix,
} from "../networks/ip.ts";

// What nodes tell one another, checked before it is believed. The text of each error is what is
// accepted. Addresses, prefixes and MACs come out in their canonical form.

const integer = (min: number, max: number, what: string) => {
  const error = `an integer from ${min} to ${max} (${what})`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};

export const MAX_UDP_PORT = 65535;
export const udpPort = integer(1, MAX_UDP_PORT, "UDP port");
/** RFC 7348 5: 24 bits; 0 is left to those who mean "none". */
export const MAX_VNI = 0xffffff;
export const vni = integer(1, MAX_VNI, "VNI");

const MAC_ERROR = 'a unicast MAC address like "0a:58:0a:f4:01:00"';
export const mac = z
  .string({ error: MAC_ERROR })
  .refine((text) => isMac(text), { error: MAC_ERROR })
  .toLowerCase();

/** What `mac` accepts, for who has many. */
export const isMac = (text: string): boolean =>
  /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i.test(text) && text !== "00:00:00:00:00:00";

/** An address in the underlay. */
export function underlayAddress(family: Family) {
  const error = `a unicast IPv${family} address`;
  return converted(error, (text) => {
    const address = parseAddress(text);
    if (address.family !== family || !isUnicast(address)) throw new RangeError(error);
    return formatAddress(address);
  });
}

/** Of a station, without length. */
export const stationAddress = converted("an address like 10.1.0.1 or fd00:1::1", (text) =>
  isPlain(text) ? text : formatAddress(parseAddress(text)),
);

export const prefix = converted(
  "a CIDR prefix without host bits, like 10.1.0.0/24 or fd00:1::/64",
  (text) => formatPrefix(parsePrefix(text)),
);

/** "" beside what the schema accepts, in whose words the error is. */
export function orNone(schema: z.ZodType<string>) {
  return z.string({ error: "a text" }).transform((text, context) => {
    const parsed = text === "" ? { success: true as const, data: text } : schema.safeParse(text);
    if (parsed.success) return parsed.data;
    const message = `"" or ${parsed.error.issues[0]?.message ?? ""}`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

/**
 * True only for what is an address in canonical form already (RFC 5952). There are many, and to
 * parse one takes ten times as long. Not known to be: IPv6 with zeros that "::" does not stand for,
 * or with a group that makes it IPv4-mapped perhaps.
 */
function isPlain(text: string): boolean {
  if (isIPv4(text)) return true;
  if (!/^[0-9a-f:]+$/.test(text) || /(^|:)0|ffff/.test(text) || !isIPv6(text)) return false;
  // "::" that stands for one group is not canonical.
  return !text.includes("::") || !/(:[^:]*){7}/.test(text);
}

const SPECIAL: readonly Prefix[] = [
  ...["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3"],
  ...["::/128", "::1/128", "ff00::/8"],
].map(parsePrefix);

function isUnicast(address: Address): boolean {
  return !SPECIAL.some((one) => contains(one, address));
}

function converted(error: string, convert: (text: string) => string) {
  return z.string({ error }).transform((text, context) => {
    try {
      return convert(text);
    } catch {
      context.addIssue({ code: "custom", message: error });
      return z.NEVER;
    }
  });
}
