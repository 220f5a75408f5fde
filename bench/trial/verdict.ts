import { clockFlags } from "./clock.ts";
import type { Sent } from "./generator.ts";
import type { SinkReading } from "./sink.ts";
import type { Flag, Load } from "./types.ts";

/** How far below the wanted rate the generator may stay. */
const keptRate = 0.99;
/** Share of all CPUs' time that others may use. */
const tolerated = 0.1;
/** Share of frames that a receiving interface may lose, or that may be somebody else's. */
const negligible = 1e-4;
const foreign = 1e-3;

/** What speaks against a trial as a measurement of the device. */
export function flagsOf(load: Load, sent: Sent, seen: SinkReading, disturbance: number): Flag[] {
  return [
    ...generatorFlags(load, sent),
    ...sinkFlags(seen),
    ...disturbanceFlags(disturbance),
    ...clockFlags(),
  ];
}

function generatorFlags({ rate, frames }: Load, { sent, seconds }: Sent): Flag[] {
  if (rate === null || frames !== undefined || sent / seconds >= rate * keptRate) return [];
  const text = `sent ${Math.round(sent / seconds)} of ${Math.round(rate)} frames/s`;
  return [{ name: "generator-limited", text }];
}

function sinkFlags({ packets, drops }: SinkReading): Flag[] {
  if (drops <= packets * negligible) return [];
  return [{ name: "sink-limited", text: `the receiving interface lost ${drops} frames itself` }];
}

function disturbanceFlags(disturbance: number): Flag[] {
  if (disturbance <= tolerated) return [];
  const percent = Math.round(disturbance * 100);
  return [{ name: "disturbed", text: `others used ${percent} % of a CPU` }];
}

/**
 * Refuses a trial whose frames did not arrive as they should: a device that breaks headers, or
 * forwards without decrementing the TTL, has no rate.
 * @throws Error that says what arrived instead
 */
export function checkArrival(seen: SinkReading, sent: Sent, { frames }: Load): void {
  const { packets, corrupt, misrouted, other } = seen;
  // Of a burst all may be lost.
  if (sent.sent > 0 && packets === 0 && frames === undefined) {
    throw new Error(`none of ${sent.sent} frames arrived (${other} other frames did)`);
  }
  if (corrupt > 0) throw new Error(`${corrupt} sampled frames have a wrong IPv4 checksum`);
  if (misrouted > 0) throw new Error(`${misrouted} sampled frames have another TTL than expected`);
  if (other > Math.max(20, packets * foreign)) {
    throw new Error(`${other} frames that were not sent arrived beside ${packets}`);
  }
}
