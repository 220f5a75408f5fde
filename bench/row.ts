import type { Scope } from "../test/harness/scope.ts";
import type { Spread } from "./lib/stats.ts";

/** One measured number; what `--json` writes. */
export interface Row {
  scenario: string;
  subject: string;
  metric: string;
  /** Of median, min and max. */
  unit: string;
  median: number;
  min: number;
  max: number;
  rounds: number;
}

/** A promise about the numbers and whether this run kept it. */
export interface Target {
  text: string;
  pass: boolean;
}

export interface Outcome {
  rows: Row[];
  targets: Target[];
  /** What a reader must know to judge the rows: placement, versions, peers left out. */
  notes: string[];
}

export interface RunOptions {
  rounds: number;
  /** Length of one traffic sample. */
  seconds: number;
  /** Shows that something goes on; one line. */
  progress: (line: string) => void;
  /** Owns what a group sets up, until the group has ended. */
  scope: Scope;
}

export interface Scenario {
  name: string;
  subjects: readonly string[];
  /** One line for --list. */
  what: string;
}

/** Scenarios that share their set-up and are measured in the same rounds. */
export interface Group {
  scenarios: readonly Scenario[];
  /** @param names the scenarios of this group that were asked for */
  run(names: readonly string[], options: RunOptions): Promise<Outcome>;
}

/** Identifies a row. */
export type RowKey = Pick<Row, "scenario" | "subject" | "metric" | "unit">;

export function makeRow(key: RowKey, { median, min, max }: Spread, rounds: number): Row {
  const { scenario, subject, metric, unit } = key;
  return { scenario, subject, metric, unit, median, min, max, rounds };
}
