import type { SinkReading } from "./sink.ts";
import type { LatencyNs } from "./types.ts";

/** Delays as percentiles, each known to 0.8 %; null when no frame carried a time. */
export function latencyOf(delays: SinkReading["delays"]): LatencyNs | null {
  const { count, sum, min, max, jitter } = delays;
  if (count === 0) return null;
  const at = (q: number) => percentile(delays, q);
  const percentiles = { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999) };
  return { count, min, mean: sum / count, ...percentiles, max, jitter };
}

/** The delay that a share `q` of all does not exceed. */
function percentile({ count, min, max, buckets }: SinkReading["delays"], q: number): number {
  const rank = Math.ceil(count * q);
  let seen = 0;
  for (const [least, inBucket] of buckets) {
    seen += inBucket;
    if (seen >= rank) return Math.min(max, Math.max(min, least));
  }
  return max;
}
