import { renderTable } from "../../src/cli/table.ts";
import { colors } from "../../src/telemetry/colors.ts";
import type { Result } from "./result.ts";
import { flagText, scenarioTable, type TextRow } from "./tables.ts";
import { type ScenarioView, type TaskView, viewResult } from "./view.ts";

/** A result as tables for a terminal, what speaks against it below; ends with a line feed. */
export function formatSummary(result: Result): string {
  const tables = viewResult(result).flatMap(({ task, scenarios }: TaskView) =>
    scenarios.map((view) => formatScenario(task, view, result)),
  );
  const notes = result.notes.map((note) => `  ${note}\n`).join("");
  return [...tables, notes].filter((part) => part !== "").join("\n");
}

function formatScenario(task: string, view: ScenarioView, result: Result): string {
  const { titles, rows } = scenarioTable(view, result);
  const heading = [task, view.label].filter((part) => part !== "").join(", ");
  const columns = titles.map((title, at) => ({
    title,
    cell: ({ subject, cells }: TextRow) => (at === 0 ? subject : (cells[at - 1] ?? "")),
  }));
  const flags = rows.flatMap(({ subject, flags }) =>
    flags.map((flag) => `  ${colors.yellow("!")} ${subject}: ${flagText(flag)}\n`),
  );
  return `${colors.bold(heading)}\n${renderTable(columns, rows)}${flags.join("")}`;
}
