import type { Group, Outcome, Row } from "./row.ts";

/** Lists every scenario with its subjects, one per line. */
export function formatList(groups: readonly Group[]): string {
  const rows = groups.flatMap(({ scenarios }) =>
    scenarios.map(({ name, subjects, what }) => [name, subjects.join(" "), what]),
  );
  return formatTable([["scenario", "subjects", "what"], ...rows]);
}

/** The rows as a table, then what to know about them, then the targets in words. */
export function formatOutcome({ rows, notes, targets }: Outcome): string {
  const header = ["scenario", "subject", "metric", "unit", "median", "min", "max", "rounds"];
  const parts = [formatTable([header, ...rows.map(formatRow)])];
  if (notes.length > 0) parts.push(notes.map((note) => `  ${note}`).join("\n"));
  if (targets.length > 0) {
    parts.push(targets.map(({ text, pass }) => `  ${pass ? "pass" : "MISS"}  ${text}`).join("\n"));
  }
  return parts.join("\n\n");
}

function formatRow(row: Row): string[] {
  const numbers = [row.median, row.min, row.max].map(formatNumber);
  return [row.scenario, row.subject, row.metric, row.unit, ...numbers, `${row.rounds}`];
}

/** Four significant digits, or all digits before the point. */
function formatNumber(value: number): string {
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toLocaleString("en", { maximumFractionDigits: Math.min(digits, 6) });
}

/** Columns padded to their widest cell; those of numbers align right. */
function formatTable([header = [], ...body]: string[][]): string {
  const lines = [header, ...body];
  const widths = header.map((_, column) =>
    Math.max(...lines.map((line) => cell(line, column).length)),
  );
  const isNumber = header.map((_, column) =>
    body.every((line) => /^-?[\d.,]+$/.test(cell(line, column))),
  );
  return lines
    .map((line) =>
      widths
        .map((width, column) =>
          isNumber[column] ? cell(line, column).padStart(width) : cell(line, column).padEnd(width),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function cell(line: readonly string[], column: number): string {
  return line[column] ?? "";
}
