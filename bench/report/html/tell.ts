import { flagText, ratioText, spreadText } from "../tables.ts";
import type { DisplayUnit } from "../units.ts";
import type { Cell } from "../view.ts";
import { html, type Markup } from "./markup.ts";

interface Named {
  name: string;
  cell: Cell;
}

/** What there is to know of one value in words, for whoever points at it. */
export function tellCell(
  { name, cell }: Named,
  { unit, reference }: { unit: DisplayUnit; reference: string | null },
): string {
  const { placement, flags } = cell.measurement;
  const parts = [
    `${name}: ${spreadText(cell, unit)} ${unit.text}`.trim(),
    cell.ratio ? `${ratioText(cell.ratio)} of ${reference}` : undefined,
    placement,
    ...flags.map(flagText),
  ];
  return parts.filter((part) => part !== undefined).join("; ");
}

/** For whoever cannot point: who is flagged below a plot, and by which flags. */
export function flagsFooter(values: readonly Named[]): Markup | null {
  const lines = values.flatMap(({ name, cell }) => {
    const names = [...new Set(cell.measurement.flags.map((flag) => flag.name))];
    return names.length === 0 ? [] : [`${name}: ${names.join(", ")}`];
  });
  if (lines.length === 0) return null;
  return html`<p class="flags"><b>!</b> ${[...new Set(lines)].join("; ")}</p>`;
}
