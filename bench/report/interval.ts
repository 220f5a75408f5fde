/** A mean with its 95 % confidence interval. */
export interface Interval {
  mean: number;
  low: number;
  high: number;
}

/**
 * Quantile 0.975 of Student's distribution for 1, 2, … 30 degrees of freedom, then for those below;
 * NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2.
 */
const T_TO_30 = [
  [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228],
  [2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086],
  [2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042],
].flat();
const T_ABOVE: readonly (readonly [degrees: number, t: number])[] = [
  [100, 1.984],
  [60, 2],
  [40, 2.021],
  [30, 2.042],
];

/**
 * How many standard errors the 95 % interval reaches to each side. Between two lines of the table the
 * wider one counts, so an interval is never narrower than it should be.
 * @param degrees of freedom, at least 1; need not be whole
 */
export function studentT(degrees: number): number {
  if (!(degrees >= 1)) throw new RangeError(`${degrees} degrees of freedom; at least 1 is needed`);
  if (degrees <= 30) return T_TO_30[Math.floor(degrees) - 1] as number;
  return (T_ABOVE.find(([from]) => degrees >= from) as readonly [number, number])[1];
}

/** Of the mean of at least two values. */
export function meanInterval(values: readonly number[]): Interval {
  const { mean, errorSquared } = moments(values);
  return around(mean, Math.sqrt(errorSquared) * studentT(values.length - 1));
}

/**
 * Of mean(b) - mean(a), at least two values each, which may scatter differently (Welch 1947).
 */
export function differenceInterval(a: readonly number[], b: readonly number[]): Interval {
  const [first, second] = [moments(a), moments(b)];
  const errorSquared = first.errorSquared + second.errorSquared;
  const difference = second.mean - first.mean;
  if (errorSquared === 0) return around(difference, 0);
  const degrees =
    errorSquared ** 2 /
    (first.errorSquared ** 2 / (a.length - 1) + second.errorSquared ** 2 / (b.length - 1));
  return around(difference, Math.sqrt(errorSquared) * studentT(degrees));
}

/** Mean, and the square of its standard error. */
function moments(values: readonly number[]): { mean: number; errorSquared: number } {
  const count = values.length;
  if (count < 2) throw new RangeError(`${count} values have no spread; at least 2 are needed`);
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, errorSquared: squares / (count - 1) / count };
}

function around(mean: number, margin: number): Interval {
  return { mean, low: mean - margin, high: mean + margin };
}
