/** A unit as it is shown: values are divided by `per` first. */
export interface DisplayUnit {
  text: string;
  per: number;
}

const SI: readonly (readonly [number, string])[] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];
const TIMES: readonly (readonly [number, string])[] = [
  [1e9, "s"],
  [1e6, "ms"],
  [1e3, "µs"],
];
/** Units that are counted in thousands, and what they are called then. */
const COUNTED = new Map([
  ["frames/s", "pps"],
  ["packets/s", "pps"],
  ["bit/s", "bit/s"],
  ["ops/s", "ops/s"],
  ["connections/s", "conn/s"],
  ["lookups/s", "lookups/s"],
]);

/** By digits after the point; made once, as that takes longer than a thousand numbers do. */
const FORMATS = Array.from(
  { length: 7 },
  (_, digits) =>
    new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
);

/** The unit that gives the largest of some values one to three digits before the point. */
export function displayUnit(unit: string, values: readonly number[]): DisplayUnit {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (unit === "ns") return scaled(TIMES, largest, "") ?? { text: "ns", per: 1 };
  if (unit === "percent") return { text: "%", per: 1 };
  const short = COUNTED.get(unit);
  if (short === undefined) return { text: unit, per: 1 };
  return scaled(SI, largest, short) ?? { text: short, per: 1 };
}

/** Three significant digits, or all before the point: "0.823", "12.3", "1,234"; "5" of a whole number. */
export function formatNumber(value: number): string {
  return format(value, Number.isInteger(value));
}

/** A value in a unit for display, without its name; whole only where the unit counts things. */
export function inUnit(value: number, { per }: DisplayUnit): string {
  return format(value / per, per === 1 && Number.isInteger(value));
}

function format(value: number, whole: boolean): string {
  const digits = value === 0 ? 0 : 2 - Math.floor(Math.log10(Math.abs(value)));
  const fraction = whole ? 0 : Math.min(Math.max(digits, 0), 6);
  return (FORMATS[fraction] as Intl.NumberFormat).format(value);
}

function scaled(
  steps: readonly (readonly [number, string])[],
  largest: number,
  suffix: string,
): DisplayUnit | undefined {
  const step = steps.find(([per]) => largest >= per);
  return step && { text: `${step[1]}${suffix}`, per: step[0] };
}
