/** VFs by number, both ends included. */
export interface VfRange {
  first: number;
  last: number;
}

/** No PF has more than 256 VFs. */
const LAST_VF = 255;

/** A PF by name or PCI address, with the VFs of it that are meant. */
export interface PfSelector {
  pf: string;
  /** Null: all. */
  vfs: VfRange[] | null;
}

/**
 * Reads "ens1f0" or "ens1f0#0-3,5" as the established device plugin writes it. Numbers of VFs
 * ascend, so that two readers of a configuration see the same.
 * @returns a sentence about what is wrong with it, when something is
 */
export function parsePfSelector(text: string): PfSelector | string {
  const [pf = "", list, ...more] = text.split("#");
  if (pf === "") return "no PF before #";
  if (list === undefined) return { pf, vfs: null };
  if (more.length > 0) return "more than one #";
  const vfs: VfRange[] = [];
  for (const item of list.split(",")) {
    const range = parseRange(item);
    if (range === null) return `"${item}" is neither a number nor a range of VFs`;
    if (range.last > LAST_VF) return `VF ${range.last} is above ${LAST_VF}`;
    if (range.last < range.first) return `range ${item} is out of order`;
    const previous = vfs.at(-1);
    if (previous !== undefined && range.first <= previous.last)
      return `${item} is out of order after ${formatRange(previous)}`;
    vfs.push(range);
  }
  return { pf, vfs };
}

function parseRange(text: string): VfRange | null {
  const found = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(text);
  if (found === null) return null;
  const first = Number(found[1]);
  return { first, last: found[2] === undefined ? first : Number(found[2]) };
}

const formatRange = ({ first, last }: VfRange): string =>
  first === last ? String(first) : `${first}-${last}`;

export const inRanges = (vfs: readonly VfRange[] | null, index: number): boolean =>
  vfs === null || vfs.some(({ first, last }) => first <= index && index <= last);
