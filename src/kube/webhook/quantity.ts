const DECIMAL = ["", "k", "M", "G", "T", "P", "E"];
const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/**
 * A quantity of a resource in the canonical form that the API writes: "2", "2k", "2Ki" or "2e3".
 * @returns a count; Infinity for what cannot be read, which only the API's own checks can judge
 */
export function countOf(quantity: string | number | undefined): number {
  if (quantity === undefined) return 0;
  const [, digits, suffix = ""] =
    /^(\d+(?:e\d+)?)([kMGTPE]|[KMGTPE]i)?$/.exec(String(quantity)) ?? [];
  if (digits === undefined) return Number.POSITIVE_INFINITY;
  const factor = suffix.endsWith("i")
    ? 1024 ** BINARY.indexOf(suffix)
    : 1000 ** DECIMAL.indexOf(suffix);
  return Number(digits) * factor;
}
