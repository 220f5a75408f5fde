import { commandText, machineFields, whenText } from "./machine-text.ts";
import type { Result } from "./result.ts";
import { flagText, scenarioTable, type TextRow, type TextTable } from "./tables.ts";
import { viewResult } from "./view.ts";

/** A result as Markdown (GitHub's, with tables and footnotes), ending with a line feed. */
export function renderMarkdown(result: Result): string {
  const footnotes = new Footnotes();
  const tables = viewResult(result).flatMap(({ task, scenarios }) => [
    ...(task === "" ? [] : [`## ${escapeText(task)}`]),
    ...scenarios.flatMap((view) => [
      `### ${escapeText(view.label)}`,
      ...(view.label === view.scenario.name ? [] : [`\`${view.scenario.name}\``]),
      formatTable(scenarioTable(view, result), footnotes),
    ]),
  ]);
  const parts = [...head(result), ...tables, ...notes(result), footnotes.text()];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function head(result: Result): string[] {
  const { method, version, machine, subjects } = result;
  return [
    `# Benchmark: ${escapeText(method)}`,
    `Millrace ${escapeText(version)}, ${whenText(result)}. ${explanation(result)}`,
    fenced(commandText(result)),
    list(machineFields(machine)),
    "## Subjects",
    list(subjects.map(({ name, description }) => [name, description])),
  ];
}

/** How the tables are to be read. */
export function explanation({ measurements, reference }: Result): string {
  const counts = measurements.map(({ values }) => values.length);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  if (counts.length === 0) return "Nothing was measured.";
  const rounds = fewest === most ? `${most}` : `${fewest} to ${most}`;
  const of = most === 1 ? "One round" : `Median (lowest to highest) of ${rounds} rounds`;
  return reference === null ? `${of}.` : `${of}; ratios are taken within each round.`;
}

function notes({ notes }: Result): string[] {
  if (notes.length === 0) return [];
  return ["## Notes", notes.map((note) => `- ${escapeText(note)}`).join("\n")];
}

function formatTable({ titles, rows }: TextTable, footnotes: Footnotes): string {
  const rule = titles.map((title) => (/^(subject|placement|modes)$/.test(title) ? "---" : "--:"));
  const lines = rows.map((row) => [marked(row, footnotes), ...row.cells.map(escapeText)]);
  return [titles.map(escapeText), rule, ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function marked({ subject, flags }: TextRow, footnotes: Footnotes): string {
  return escapeText(subject) + flags.map((flag) => footnotes.mark(flagText(flag))).join("");
}

/** Numbered by first use; the same words share a number. */
class Footnotes {
  readonly #texts: string[] = [];

  mark(text: string): string {
    if (!this.#texts.includes(text)) this.#texts.push(text);
    return `[^${this.#texts.indexOf(text) + 1}]`;
  }

  text(): string {
    return this.#texts.map((text, at) => `[^${at + 1}]: ${escapeText(text)}`).join("\n");
  }
}

function list(fields: readonly (readonly [string, string])[]): string {
  return fields.map((pair) => `- ${pair.map(escapeText).join(": ")}`).join("\n");
}

/** Words of others stay words: no markup, no new cell, no new line. */
function escapeText(text: string): string {
  return text.replaceAll(/[\\`*_|<>[\]#~&]/g, "\\$&").replaceAll(/\s*\n\s*/g, " ");
}

/** A fence longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
