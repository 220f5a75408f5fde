import { type Column, renderTable } from "../../src/cli/table.ts";
import { colors } from "../../src/telemetry/colors.ts";
import type { Basis, Verdict } from "./compare.ts";
import type { Diff, DiffRow } from "./diff.ts";
import type { Interval } from "./interval.ts";
import type { Measurement } from "./result.ts";
import { formatNumber } from "./units.ts";

const BASIS: Record<Basis, string> = {
  pairs: "pairs of rounds",
  reference: "ratio to the reference",
  absolute: "absolute values",
};

const PAINT: Partial<Record<Verdict, (text: string) => string>> = {
  regression: colors.red,
  improvement: colors.green,
  doubtful: colors.yellow,
};

const COLUMNS: readonly Column<DiffRow>[] = [
  { title: "scenario", cell: ({ scenario }) => scenario },
  { title: "subject", cell: ({ subject }) => subject },
  { title: "metric", cell: ({ metric }) => metric },
  { title: "B/A", cell: ({ ratio, difference, unit }) => changeText(ratio, difference, unit) },
  { title: "of", cell: ({ basis }) => BASIS[basis] },
];

const VERDICT: Column<DiffRow> = { title: "verdict", cell: ({ verdict }) => paint(verdict) };

/** A comparison as a table for a terminal, then what to know about it; ends with a line feed. */
export function formatDiff(diff: Diff): string {
  const { rows, reference } = diff;
  const parts = [
    rows.length === 0
      ? "nothing that was measured is in both\n"
      : renderTable([...COLUMNS, VERDICT], rows),
    reference.length === 0 ? "" : `the reference itself:\n${renderTable(COLUMNS, reference)}`,
    [...doubtLines(rows), ...closing(diff)].map((line) => `  ${line}\n`).join(""),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

function changeText(ratio: Interval | null, difference: Interval | null, unit: string): string {
  if (ratio) return intervalText(ratio, (value) => value.toFixed(3));
  if (difference) return `${intervalText(difference, formatNumber)} ${unit} more`;
  return "-";
}

function intervalText({ mean, low, high }: Interval, format: (value: number) => string): string {
  return `${format(mean)} (${format(low)} to ${format(high)})`;
}

function paint(verdict: Verdict): string {
  return PAINT[verdict]?.(verdict) ?? verdict;
}

function doubtLines(rows: readonly DiffRow[]): string[] {
  return [...new Set(rows.flatMap(({ doubts }) => doubts))].map((doubt) => `doubtful: ${doubt}`);
}

function closing({ rows, onlyA, onlyB, threshold, paired, notes }: Diff): string[] {
  const percent = formatNumber(threshold * 100);
  return [
    `95 % confidence intervals; changes below ${percent} % do not count`,
    paired ? "rounds of A and B were made in turns" : "rounds of A and B were made apart",
    ...chance(rows),
    ...onlyIn("A", onlyA),
    ...onlyIn("B", onlyB),
    ...notes,
  ];
}

/** One interval in twenty misses what it is an interval of. */
function chance(rows: readonly DiffRow[]): string[] {
  const expected = Math.round(rows.length / 20);
  if (expected < 1) return [];
  const found = rows.filter(({ verdict }) => /^(reg|imp)/.test(verdict)).length;
  return [
    `${found} of ${rows.length} changed; up to ${expected} of them by chance: measure those again`,
  ];
}

function onlyIn(name: string, measurements: readonly Measurement[]): string[] {
  const keys = measurements.map((each) => `${each.scenario} ${each.subject} ${each.metric}`);
  return keys.length === 0 ? [] : [`only in ${name}: ${keys.join(", ")}`];
}
