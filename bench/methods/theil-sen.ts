import { median } from "../lib/stats.ts";

/** A slope with its 95 % confidence interval; infinite ends where points are too few to tell. */
export interface SlopeEstimate {
  slope: number;
  low: number;
  high: number;
}

/** Of the standard normal distribution, for 95 %. */
const z = 1.96;

/**
 * The median of the slopes between all pairs of points (Theil 1950, Sen 1968): up to 29 % of the
 * points may be anything, a single step is no trend. Four points are the least for an interval.
 */
export function theilSen(points: readonly (readonly [x: number, y: number])[]): SlopeEstimate {
  const slopes = points
    .flatMap(([x, y], at) =>
      points.slice(at + 1).flatMap(([x2, y2]) => (x2 === x ? [] : [(y2 - y) / (x2 - x)])),
    )
    .toSorted((a, b) => a - b);
  const count = slopes.length;
  const n = points.length;
  const width = z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const low = slopes[Math.floor((count - width) / 2)] ?? Number.NEGATIVE_INFINITY;
  const high = slopes[Math.ceil((count + width) / 2) - 1] ?? Number.POSITIVE_INFINITY;
  return { slope: count === 0 ? 0 : median(slopes), low, high };
}
