import { type Measurement, type Result, resultFormat, type Scenario } from "./result.ts";

/** Seeded numbers from 0 to 1 (Mulberry32), so that a test sees the same ones every time. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Numbers of the standard normal distribution (Box and Muller 1958). */
export function normalNumbers(seed: number): () => number {
  const random = randomNumbers(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A result with nothing in it but what a test puts there. */
export function makeResult(parts: Partial<Result> = {}): Result {
  return {
    format: resultFormat,
    method: "compare",
    started: "2026-11-22T05:06:00.000Z",
    ended: "2026-11-22T06:18:00.000Z",
    command: ["millrace", "bench", "compare", "--rounds", "5"],
    version: "0.1.0 (0123abc)",
    machine: { virtualization: "none", mitigations: [], settings: {} },
    scenarios: [],
    subjects: [],
    reference: null,
    measurements: [],
    series: [],
    notes: [],
    ...parts,
  };
}

/** One metric of one subject, frames per second unless said otherwise. */
export function measured(parts: Partial<Measurement> & Pick<Measurement, "values">): Measurement {
  return {
    scenario: "route",
    subject: "millrace",
    metric: "throughput",
    unit: "frames/s",
    better: "higher",
    flags: [],
    ...parts,
  };
}

/** Subjects by name, scenarios by name, each listed once, with the measurements. */
export function resultOf(measurements: Measurement[], parts: Partial<Result> = {}): Result {
  const names = (key: "scenario" | "subject") => [
    ...new Set(measurements.map((each) => each[key])),
  ];
  return makeResult({
    scenarios: names("scenario").map((name): Scenario => ({ name })),
    subjects: names("subject").map((name) => ({ name, description: `about ${name}` })),
    measurements,
    ...parts,
  });
}
