import { addressBits } from "../../src/networks/ip.ts";
import { mostTemplates } from "./limits.ts";
import { gcd } from "./order.ts";
import { type Headers, numberRanges } from "./spec.ts";
import type { FieldRange, VariedField } from "./types.ts";

/** The values of the varied fields in one flow; addresses as numbers, VLAN 0n: no tag. */
export type Flow = Record<VariedField, bigint>;

/** Flows of a frame whose fields go through ranges. */
export interface Flows {
  count: number;
  /** @param n from 0 to count - 1 */
  at(n: number): Flow;
}

/** Values that a varied field takes; behind the last comes the first. */
interface Domain {
  first: bigint;
  last: bigint;
}

/** Well-known ports stay out: what a stack or a firewall does to them is not what is measured. */
const PORTS: Domain = { first: 1024n, last: 65535n };
const VLANS: Domain = {
  first: BigInt(numberRanges["ethernet.vlan"][0]),
  last: BigInt(numberRanges["ethernet.vlan"][1]),
};

/** Ranges that tell `flows` flows apart by each of the fields. */
export const flowRanges = (fields: readonly VariedField[], flows: number): FieldRange[] =>
  fields.map((field) => ({ field, count: flows }));

/**
 * Flow n has the value of the frame plus n modulo count in each field; there are as many as the
 * counts have in common (their least common multiple). Ports stay within 1024 to 65535, VLANs within
 * 1 to 4094; an address carries over its bytes.
 * @throws Error that names the field, the value and what is accepted
 */
export function planFlows(headers: Headers, ranges: readonly FieldRange[]): Flows {
  const base = baseFlow(headers);
  for (const [i, range] of ranges.entries()) {
    if (ranges.findIndex(({ field }) => field === range.field) < i) {
      throw new Error(`${range.field}: two ranges for one field; give it one`);
    }
    checkRange(range, base[range.field], headers);
  }
  const count = countFlows(ranges);
  const at = (n: number) => ({ ...base, ...valuesAt(n, ranges, base, headers) });
  checkDistinct(count, ranges, headers, at);
  return { count, at };
}

function baseFlow(headers: Headers): Flow {
  return {
    "source-address": headers.source.value,
    "destination-address": headers.destination.value,
    "source-port": BigInt(headers.sourcePort),
    "destination-port": BigInt(headers.destinationPort),
    vlan: BigInt(headers.vlan ?? 0),
  };
}

function valuesAt(n: number, ranges: readonly FieldRange[], base: Flow, headers: Headers) {
  const values: Partial<Flow> = {};
  for (const { field, count } of ranges) {
    if (count === 1) continue;
    const { first, last } = domainOf(field, headers);
    values[field] = first + ((base[field] - first + BigInt(n % count)) % (last - first + 1n));
  }
  return values;
}

function domainOf(field: VariedField, { source: { family } }: Headers): Domain {
  if (field === "vlan") return VLANS;
  if (field.endsWith("port")) return PORTS;
  return { first: 0n, last: (1n << BigInt(addressBits(family))) - 1n };
}

function checkRange({ field, count }: FieldRange, base: bigint, headers: Headers): void {
  if (!Number.isInteger(count) || count < 1 || count > mostTemplates) {
    throw new Error(
      `${field}: ${count} values; expected a whole number from 1 to ${mostTemplates}`,
    );
  }
  if (count === 1) return;
  if (field === "vlan" && headers.vlan === null) {
    throw new Error(`vlan: ${count} values, but the frame has no VLAN tag; give it one`);
  }
  const { first, last } = domainOf(field, headers);
  if (base < first) {
    throw new Error(`${field}: a range from ${base}; expected one from ${first} to ${last}`);
  }
  if (field.endsWith("address") && base + BigInt(count) - 1n > last) {
    const left = last - base + 1n;
    const what = `at most ${left}, then the IPv${headers.source.family} addresses end`;
    throw new Error(`${field}: ${count} values; ${what}`);
  }
}

function countFlows(ranges: readonly FieldRange[]): number {
  const count = ranges.reduce((all, range) => (all / gcd(all, range.count)) * range.count, 1);
  if (count <= mostTemplates) return count;
  const counts = ranges.map((range) => range.count).join(" and ");
  const remedy = "use counts that divide each other";
  throw new Error(
    `ranges of ${counts} values make ${count} flows; at most ${mostTemplates}: ${remedy}`,
  );
}

/** Ranges that start anew before the flows end may repeat a flow. */
function checkDistinct(
  count: number,
  ranges: readonly FieldRange[],
  headers: Headers,
  at: (n: number) => Flow,
): void {
  const short = ranges.find((range) => {
    const { first, last } = domainOf(range.field, headers);
    return BigInt(range.count) > last - first + 1n;
  });
  if (!short) return;
  const distinct = new Set(Array.from({ length: count }, (_, n) => Object.values(at(n)).join()));
  if (distinct.size === count) return;
  const { first, last } = domainOf(short.field, headers);
  const takes = `${short.field} takes ${last - first + 1n} values (${first} to ${last})`;
  throw new Error(`${count} flows, but ${takes}: vary another field as well`);
}
