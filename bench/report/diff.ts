import { type CompareOptions, type Comparison, compare, type Side } from "./compare.ts";
import { diffNotes } from "./diff-notes.ts";
import { lookup, referenceLookup } from "./lookup.ts";
import type { Measurement, Result } from "./result.ts";

/** Changes smaller than this are of no interest, however sure they are. */
export const defaultThreshold = 0.02;

export interface DiffRow extends Comparison {
  scenario: string;
  subject: string;
  metric: string;
  unit: string;
}

export interface Diff {
  /** By what is in both. */
  rows: DiffRow[];
  /** The reference itself, which tells how the machine changed: no verdict on what was measured. */
  reference: DiffRow[];
  /** What only one of them has. */
  onlyA: Measurement[];
  onlyB: Measurement[];
  paired: boolean;
  threshold: number;
  /** What a reader must know to judge the rows. */
  notes: string[];
}

export interface DiffOptions {
  /** As a fraction; 0.02 is 2 %. */
  threshold?: number;
  /**
   * Whether round n of A and round n of B were made in turns. Left out, they were when both carry the
   * same `run`.
   */
  paired?: boolean;
}

/** How result B differs from result A. */
export function diffResults(a: Result, b: Result, options: DiffOptions = {}): Diff {
  const { threshold = defaultThreshold, paired = sameRun(a, b) } = options;
  const [inA, inB] = [lookup(a), lookup(b)];
  const shared = a.reference === b.reference ? a.reference : null;
  // Without a reference that both have, values stand for themselves.
  const ofA = referenceLookup({ ...a, reference: shared });
  const ofB = referenceLookup({ ...b, reference: shared });
  const rows = a.measurements.flatMap((before) => {
    const after = inB(before);
    if (!alike(before, after)) return [];
    const sideA = { measurement: before, reference: ofA(before) };
    const sideB = { measurement: after, reference: ofB(after) };
    return [diffRow(sideA, sideB, { threshold, paired })];
  });
  const byReference = ({ subject }: DiffRow) => !paired && subject === shared;
  return {
    rows: rows.filter((row) => !byReference(row)),
    reference: rows.filter(byReference),
    onlyA: a.measurements.filter((each) => !alike(each, inB(each))),
    onlyB: b.measurements.filter((each) => !alike(each, inA(each))),
    paired,
    threshold,
    notes: diffNotes(a, b),
  };
}

function sameRun(a: Result, b: Result): boolean {
  return a.run !== undefined && a.run === b.run;
}

/** Of one unit: a metric that changed its unit is another metric. */
function alike(each: Measurement, other: Measurement | undefined): other is Measurement {
  return other?.unit === each.unit && other.better === each.better;
}

function diffRow(a: Side, b: Side, options: CompareOptions): DiffRow {
  const { scenario, subject, metric, unit } = a.measurement;
  return { scenario, subject, metric, unit, ...compare(a, b, options) };
}
