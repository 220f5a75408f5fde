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

export const udpPort = integer(1, 65535, "UDP port");
/** RFC 7348 5: 24 bits; 0 is left to those who mean "none". */
export const vni = integer(1, 0xffffff, "VNI");

const MAC_ERROR = 'a unicast MAC address like "0a:58:0a:f4:01:00"';
export const mac = z
  .string({ error: MAC_ERROR })
  .regex(/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i, { error: MAC_ERROR })
  .toLowerCase()
  .refine((text) => text !== "00:00:00:00:00:00", { error: MAC_ERROR });

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
  formatAddress(parseAddress(text)),
);

export const prefix = converted("a CIDR prefix like 10.1.0.0/24 or fd00:1::/64", (text) =>
  formatPrefix(parsePrefix(text)),
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
