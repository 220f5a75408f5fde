import { z } from "zod";

// Builders for the leaves of the schema. Each says in its own words what it accepts; the same
// words are the error and the description in the exported JSON Schema.

/** @param unit of the value, for people */
export function integer(min: number, max: number, unit: string) {
  const error = `an integer from ${min} to ${max} (${unit})`;
  return z.int({ error }).min(min, { error }).max(max, { error }).describe(error);
}

/** Both bounds are powers of two themselves and included. */
export function powerOfTwo(min: number, max: number, unit: string) {
  const error = `a power of two from ${min} to ${max} (${unit})`;
  return z
    .int({ error })
    .min(min, { error })
    .max(max, { error })
    .refine((value) => (value & (value - 1)) === 0, { error })
    .describe(error);
}

/** A word in place of a number, e.g. auto. */
export function wordOrInteger<const W extends string>(
  word: W,
  min: number,
  max: number,
  unit: string,
) {
  const error = `"${word}" or an integer from ${min} to ${max} (${unit})`;
  const number = z.int({ error }).min(min, { error }).max(max, { error });
  return z.union([z.literal(word), number], { error }).describe(error);
}

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: `one of ${values.join(", ")}` });
}

/** `accepted` is shown when the value is no string or does not match. */
export function text(pattern: RegExp, accepted: string) {
  return z.string({ error: accepted }).regex(pattern, { error: accepted }).describe(accepted);
}

/** PATH_MAX of Linux without the final zero. */
const PATH_BYTES = 4095;

/** @param maxBytes of the path in UTF-8, without the final zero */
export function absolutePath(maxBytes = PATH_BYTES) {
  const error = `an absolute path of at most ${maxBytes} bytes`;
  return text(/^\/[^\0]*$/, error).refine((path) => Buffer.byteLength(path) <= maxBytes, { error });
}

export const bool = z.boolean({ error: "true or false" });

/** Of a network or VTEP. */
export const name = text(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  "1 to 63 lower-case letters, digits and inner dashes",
);

/** Text only: checkConfig reads it. */
export const cidr = z.string({ error: 'a CIDR prefix like "10.1.0.0/24" or "fd00:1::/64"' });
/** Text only: checkConfig reads it. */
export const ipAddress = z.string({ error: 'an address like "10.1.0.1" or "fd00:1::1"' });

/** @param of what the items are, in the plural */
export function list<T extends z.ZodType>(item: T, of: string) {
  return z.array(item, { error: `a list of ${of}` });
}

// dev_valid_name() of Linux, without % which it would take for a pattern.
const IFNAME =
  'the name of an interface: 1 to 15 characters without / : % and white space, not "."';
export const ifname = text(/^(?!\.{1,2}$)[^/:%\s\0]{1,15}$/, IFNAME);
