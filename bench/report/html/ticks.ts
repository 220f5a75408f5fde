import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from "d3-scale";
import { formatNumber } from "../units.ts";

export type Scale = ScaleContinuousNumeric<number, number>;

/** A linear scale begins at 0; a logarithmic one takes values above 0 only. */
export function scaleOver(
  values: readonly number[],
  range: readonly [from: number, to: number],
  log: boolean,
): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (log) return low < high ? scaleLog([low, high], range) : scaleLog([low / 2, high * 2], range);
  const domain = [Math.min(0, low), Math.max(0, high)];
  return scaleLinear(domain[0] === domain[1] ? [0, 1] : domain, range);
}

/** The few values along a scale that get a label, `most` at most. */
export function ticksOf(scale: Scale, most: number): number[] {
  const [low = 0, high = 1] = scale.domain();
  const counts = [most, most - 1, most - 2, most / 2];
  const even = counts.map((count) => scaleLinear([low, high], [0, 1]).ticks(count));
  const choices = isLog(scale) ? [...powers(low, high), ...even] : even;
  const fitting = choices.filter((ticks) => ticks.length > 1 && ticks.length <= most);
  return fitting.find((ticks) => ticks.length > 2) ?? fitting[0] ?? [low, high];
}

/**
 * Of the values that were measured, those that have room for a label: on a logarithmic axis they say
 * more than round numbers.
 * @param apart least distance between two labels
 */
export function ticksAt(scale: Scale, values: readonly number[], apart: number): number[] {
  const roomy: number[] = [];
  let next = Number.NEGATIVE_INFINITY;
  for (const value of values.toSorted((a, b) => a - b)) {
    if (scale(value) < next) continue;
    roomy.push(value);
    next = scale(value) + apart;
  }
  return roomy;
}

function isLog(scale: Scale): boolean {
  return "base" in scale;
}

/** 1, 2, 5, 10, … between low and high, and the powers of ten alone. */
function powers(low: number, high: number): number[][] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const tens = Array.from({ length: last - first + 1 }, (_, at) => 10 ** (first + at));
  const within = (value: number) => value >= low && value <= high;
  return [tens.flatMap((ten) => [ten, 2 * ten, 5 * ten]).filter(within), tens.filter(within)];
}

/** As short as it can be read: "64", "0.5", "20 k". */
export function tickText(value: number): string {
  const [per, suffix] = Math.abs(value) >= 1e6 ? [1e6, " M"] : [1e3, " k"];
  if (Math.abs(value) >= 10_000) return `${formatNumber(value / per)}${suffix}`;
  return String(Number(value.toPrecision(4)));
}
