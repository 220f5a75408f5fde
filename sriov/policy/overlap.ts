import { parsePfSelector } from "./pf-selector.ts";
import type { Selectors } from "./selectors.ts";

const KEYS = ["vendors", "devices", "drivers", "pfNames", "pciAddresses", "rootDevices"] as const;

/** Whether the selectors restrict anything at all. */
export const isRestricted = (selectors: Selectors): boolean =>
  KEYS.some((key) => selectors[key].length > 0);

/**
 * Whether the text alone tells that every device which `special` selects is selected by `general`.
 * False is no promise: which devices have an id or a name only the node knows.
 */
export function covers(general: Selectors, special: Selectors): boolean {
  return KEYS.every((key) => {
    const wanted = special[key].map(lower);
    const all = new Set(general[key].map(lower));
    if (all.size === 0) return true;
    return wanted.length > 0 && wanted.every((text) => all.has(text) || all.has(bare(text)));
  });
}

/** Whether two policies name the same PF and nothing else in them keeps them apart. */
export function nameSamePf(a: Selectors, b: Selectors): boolean {
  const names = [a.pfNames.map(bare), b.pfNames.map(bare)] as const;
  const roots = [addresses(a), addresses(b)] as const;
  const common = share(...names) || share(...roots);
  return (
    common &&
    mayAgree(...names) &&
    mayAgree(...roots) &&
    mayAgree(a.vendors.map(lower), b.vendors.map(lower)) &&
    mayAgree(a.devices.map(lower), b.devices.map(lower)) &&
    mayAgree(a.drivers, b.drivers)
  );
}

/** Of a PF both keys mean the same. */
const addresses = ({ pciAddresses, rootDevices }: Selectors): string[] =>
  [...pciAddresses, ...rootDevices.map(bare)].map(lower);

const share = (a: readonly string[], b: readonly string[]): boolean =>
  a.some((value) => b.includes(value));

const mayAgree = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === 0 || b.length === 0 || share(a, b);

const lower = (text: string): string => text.toLowerCase();

function bare(text: string): string {
  const selector = parsePfSelector(text);
  return typeof selector === "string" ? text : selector.pf;
}
