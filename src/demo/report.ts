import { writeFileSync } from "node:fs";
import Table from "cli-table3";
import { colors } from "../telemetry/colors.ts";
import type { Board, Check, ShownCheck } from "./check.ts";

const MARK_WIDTH = 3;
const ROW_WIDTH = 17;
const BORDERS = 4;
const WIDEST = 120;

/**
 * Everything that was shown in one table; checks of a row stand side by side.
 * @param columns width of the terminal
 */
export function renderReport({ checks }: Board, columns = WIDEST): string {
  const cellWidth = Math.min(columns, WIDEST) - MARK_WIDTH - ROW_WIDTH - BORDERS;
  const table = new Table({
    style: { head: [], border: [] },
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
    colWidths: [MARK_WIDTH, ROW_WIDTH, cellWidth],
    wordWrap: true,
  });
  for (const [row, members] of Map.groupBy(checks, (check) => check.row)) {
    table.push([mark(members.every(({ ok }) => ok)), colors.bold(row), cells(members)]);
  }
  return `${table.toString()}\n`;
}

/** @param interruption why the run ended early, null when it did not */
export function renderVerdict(board: Board, interruption: string | null): string {
  const { failed, checks } = board;
  const lines = failed.map(({ label, text }) => `  ${label}: ${text}\n`);
  if (interruption !== null) {
    return colors.yellow(`The demo was ${interruption}; it has cleaned up.\n`) + lines.join("");
  }
  if (board.ok) return colors.green(`All ${checks.length} checks hold.\n`);
  return `${colors.red(`${failed.length} of ${checks.length} checks failed:`)}\n${lines.join("")}`;
}

/** Writes `{ok, checks: [{name, ok, value, unit}]}`. */
export function writeJson(file: string, ok: boolean, board: Board): void {
  const checks = board.checks.map(
    ({ name, ok, value, unit }): Check => ({ name, ok, value, unit }),
  );
  writeFileSync(file, `${JSON.stringify({ ok, checks }, null, 2)}\n`);
}

const mark = (ok: boolean): string => (ok ? colors.green("✓") : colors.red("✗"));

function cells(members: readonly ShownCheck[]): string {
  const separator = colors.gray(" · ");
  return members.map(({ ok, cell }) => (ok ? cell : colors.red(cell))).join(separator);
}
