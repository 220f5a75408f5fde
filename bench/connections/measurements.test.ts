import { expect, test } from "vitest";
import type { Measurement } from "../report/result.ts";
import { type Score, toMeasurements } from "./measurements.ts";
import type { Sample } from "./sample.ts";
import { type ConnectionScenario, connectionScenarios } from "./scenarios.ts";

const [fast, paced] = connectionScenarios({ seconds: 1, concurrency: 64, pacedRate: 1000 }) as [
  ConnectionScenario,
  ConnectionScenario,
];
const delays = { count: 1, min: 1, mean: 1, p50: 40_000, p90: 1, p99: 90_000, p999: 1, max: 1 };

test("a score gives every metric, with a value for each round in their order", () => {
  const samples = [sampleAt(10_000), sampleAt(20_000)];
  const measurements = toMeasurements([scoreOf("millrace", samples)]);
  expect(valuesOf(measurements)).toEqual({
    "connection-rate": [10_000, 20_000],
    "cpu-per-connection": [150_000, 75_000],
    "connect-p50": [40_000, 40_000],
    "connect-p99": [90_000, 90_000],
    "transaction-p50": [40_000, 40_000],
    "transaction-p99": [90_000, 90_000],
    failures: [0, 0],
    retransmits: [0, 0],
  });
  expect(measurements.flatMap(({ flags }) => flags)).toEqual([]);
});

test("a device as fast as none is flagged, for the pods were what limited", () => {
  const scores = [
    scoreOf("millrace", [sampleAt(19_500)]),
    scoreOf("kernel-route", [sampleAt(18_000)]),
    scoreOf("direct", [sampleAt(20_000)]),
  ];
  expect(flagged(toMeasurements(scores))).toEqual([
    ["millrace", "98 % of the rate without a device: the pods limit"],
  ]);
});

test("a rate that was not kept is flagged", () => {
  const score = scoreOf("millrace", [sampleAt(1000), sampleAt(980)], paced);
  expect(flagged(toMeasurements([score]))).toEqual([
    ["millrace", "980 connections/s opened of 1000"],
  ]);
});

test("a window with other work is flagged", () => {
  const score = scoreOf("millrace", [sampleAt(1000), { ...sampleAt(1000), disturbance: 0.3 }]);
  expect(flagged(toMeasurements([score]))).toEqual([
    ["millrace", "1 of 2 windows had other work on this machine"],
  ]);
});

function scoreOf(subject: string, samples: Sample[], scenario = fast): Score {
  return { scenario, subject, placement: "pods on CPU 0", samples };
}

/** A second in which this many connections were made. */
function sampleAt(rate: number): Sample {
  const connections = {
    seconds: 1,
    opened: rate,
    completed: rate,
    failed: {},
    unfinished: 0,
    retransmits: 0,
    busyPorts: 0,
    connect: delays,
    transaction: delays,
  };
  return { connections, rate, busy: 1.5, disturbance: 0 };
}

function valuesOf(measurements: readonly Measurement[]): Record<string, number[]> {
  return Object.fromEntries(measurements.map(({ metric, values }) => [metric, values]));
}

/** Subject and text of the flags on the rates. */
function flagged(measurements: readonly Measurement[]): [string, string][] {
  return measurements
    .filter(({ metric }) => metric === "connection-rate")
    .flatMap(({ subject, flags }) => flags.map(({ text }): [string, string] => [subject, text]));
}
