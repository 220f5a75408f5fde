import { fcsBytes, mostBytes } from "./limits.ts";
import type { SizeShare } from "./types.ts";

/** The simple Internet mix. */
export const imix: readonly SizeShare[] = [
  { bytes: 64, weight: 7 },
  { bytes: 594, weight: 4 },
  { bytes: 1518, weight: 1 },
];

/** Frame sizes for Ethernet of RFC 2544 section 9.1. */
export const rfc2544Sizes: readonly number[] = [64, 128, 256, 512, 1024, 1280, 1518];

const MOST_WEIGHT = 1000;
const ACCEPTED = '"64" (bytes with FCS), "imix", or sizes with weights as "64:7,594:4,1518:1"';

/**
 * Reads one size, "imix", or a mix. Whether a size holds the headers is buildTemplates' to check.
 * @throws Error that names the part that is wrong and what is accepted
 */
export function parseSizes(text: string): readonly SizeShare[] {
  if (text.toLowerCase() === "imix") return imix;
  const parts = text.split(",");
  const shares = parts.map((part) => parseShare(part, parts.length > 1));
  const twice = shares.find(({ bytes }, i) => shares.findIndex((s) => s.bytes === bytes) < i);
  if (twice) throw new Error(`size ${twice.bytes}: named twice in ${text}; add up its weights`);
  return shares;
}

function parseShare(text: string, weighted: boolean): SizeShare {
  const [, bytes, weight] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (bytes === undefined || (weighted && weight === undefined)) {
    throw new Error(`size ${JSON.stringify(text)}: expected ${ACCEPTED}`);
  }
  const share = { bytes: Number(bytes), weight: Number(weight ?? 1) };
  if (share.bytes <= fcsBytes || share.bytes > mostBytes.jumbo) {
    throw new Error(`size ${bytes}: expected ${fcsBytes + 1} to ${mostBytes.jumbo} bytes`);
  }
  if (share.weight < 1 || share.weight > MOST_WEIGHT) {
    throw new Error(`size ${text}: expected a weight from 1 to ${MOST_WEIGHT}`);
  }
  return share;
}

/** As in reports: "64 B", "IMIX", or "64:7,128:1 B". */
export function formatSizes(sizes: readonly SizeShare[]): string {
  const [only, ...more] = sizes;
  if (only && more.length === 0) return `${only.bytes} B`;
  const list = (of: readonly SizeShare[]) => of.map((s) => `${s.bytes}:${s.weight}`).join(",");
  return list(sizes) === list(imix) ? "IMIX" : `${list(sizes)} B`;
}

/** Bytes of a frame on average, with FCS. */
export function meanBytes(sizes: readonly SizeShare[]): number {
  const weights = sizes.reduce((sum, { weight }) => sum + weight, 0);
  return sizes.reduce((sum, { bytes, weight }) => sum + bytes * weight, 0) / weights;
}
