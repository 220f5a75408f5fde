import Table from "cli-table3";
import { colors } from "../telemetry/colors.ts";

export type Cell = string | number | null;

export interface Column<Row> {
  title: string;
  cell: (row: Row) => Cell;
  align?: "left" | "right";
}

// Rules between rows make a long list unreadable; columns are told apart by space alone.
const BARE = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/** Rows as aligned columns under bold titles, ending with a line feed. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const table = new Table({
    head: columns.map((column) => colors.bold(column.title)),
    colAligns: columns.map((column) => column.align ?? "left"),
    chars: BARE,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(...rows.map((row) => columns.map((column) => String(column.cell(row) ?? "-"))));
  return `${trimLines(table.toString())}\n`;
}

/** Name and value pairs, one per line. */
export function renderFields(fields: readonly (readonly [string, Cell])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields
    .map(([name, value]) => `${colors.bold(name.padEnd(width))}  ${value ?? "-"}\n`)
    .join("");
}

function trimLines(text: string): string {
  return text.replaceAll(/[ \t]+$/gm, "");
}
