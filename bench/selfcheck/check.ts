import { renderTable } from "../../src/cli/table.ts";
import { formatNumber } from "../report/units.ts";

/** Something that is known, and what was measured of it. */
export interface Check {
  /** Unique among all. */
  name: string;
  unit: string;
  expected: number;
  measured: number;
  /** Of the expected value. */
  errorPercent: number;
  /** Largest error that passes. */
  tolerancePercent: number;
  pass: boolean;
  /** CPU seconds per second that others used meanwhile, the most of its trials. */
  disturbance: number;
  /** It holds only while the machine is as fast as it was a moment before. */
  needsSpeed?: boolean | undefined;
  /** What a reader must know to judge it. */
  note?: string | undefined;
}

/** A check before it is judged. */
export type Known = Pick<Check, "name" | "unit" | "expected" | "measured" | "note"> &
  Partial<Pick<Check, "disturbance" | "needsSpeed">>;

/** In percent of what is known. */
const usualTolerance = 1;
/** From here on others may have caused an error of more than the tolerance. */
const disturbing = 0.02;

/**
 * Holds what was measured against what is known.
 * @param tolerancePercent of the expected value; where that is zero, so must the measured one be
 */
export function judge(known: Known, tolerancePercent = usualTolerance): Check {
  const errorPercent = errorOf(known.expected, known.measured);
  const pass = Math.abs(errorPercent) <= tolerancePercent;
  return { disturbance: 0, ...known, errorPercent, tolerancePercent, pass };
}

function errorOf(expected: number, measured: number): number {
  if (expected === measured) return 0;
  return expected === 0 ? 100 : (100 * (measured - expected)) / expected;
}

/** Whether a check that did not pass says something about the machine, and nothing about us. */
export function isDisturbed({ pass, disturbance }: Check): boolean {
  return !pass && disturbance > disturbing;
}

/** Checks again what failed while others used the machine, a number of times at most. */
export async function unlessDisturbed(
  check: () => Promise<Check[]>,
  patience: number,
): Promise<Check[]> {
  let done = await check();
  for (let again = 0; again < patience && done.some(isDisturbed); again++) done = await check();
  return done;
}

/** One line for each, then how many failed; ends with a line feed. */
export function formatChecks(checks: readonly Check[]): string {
  const table = renderTable<Check>(
    [
      { title: "check", cell: ({ name }) => name },
      { title: "expected", cell: ({ expected }) => formatNumber(expected), align: "right" },
      { title: "measured", cell: ({ measured }) => formatNumber(measured), align: "right" },
      { title: "unit", cell: ({ unit }) => unit },
      { title: "error", cell: ({ errorPercent }) => percent(errorPercent), align: "right" },
      { title: "allowed", cell: ({ tolerancePercent }) => percent(tolerancePercent) },
      { title: "others' CPU", cell: (check) => percent(check.disturbance * 100), align: "right" },
      { title: "", cell: verdictOf },
      { title: "", cell: ({ note = "" }) => note },
    ],
    checks,
  );
  const count = (verdict: string) => checks.filter((one) => verdictOf(one) === verdict).length;
  const ends = `${count("pass")} passed, ${count("FAIL")} failed, ${count("disturbed")} disturbed`;
  return `${table}\n${ends}\n`;
}

function verdictOf(check: Check): string {
  if (check.pass) return "pass";
  return isDisturbed(check) ? "disturbed" : "FAIL";
}

const percent = (value: number): string => `${value.toFixed(2)} %`;
