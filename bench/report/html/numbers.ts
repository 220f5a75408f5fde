import type { Result } from "../result.ts";
import { flagText, scenarioTable, type TextRow } from "../tables.ts";
import type { ScenarioView } from "../view.ts";
import { html, type Markup } from "./markup.ts";
import type { SubjectColours } from "./subject-colours.ts";

/** Every value of a scenario as a table, with what speaks against it in words. */
export function renderNumbers(view: ScenarioView, result: Result, colours: SubjectColours): Markup {
  const { titles, rows } = scenarioTable(view, result);
  const flags = rows.flatMap(({ subject, flags }) =>
    flags.map((flag) => html`<li><b>${subject}</b>: ${flagText(flag)}</li>`),
  );
  return html`<div class="scroll" role="region" tabindex="0" aria-label="Numbers of ${view.label}"><table>
<caption>${view.label}${view.label === view.scenario.name ? null : html` <code>${view.scenario.name}</code>`}</caption>
<thead><tr>${titles.map((title) => html`<th scope="col"${isWords(title) ? html` class="words"` : null}>${title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => renderRow(row, titles, colours))}</tbody>
</table></div>${flags.length > 0 ? html`<ul class="flags">${flags}</ul>` : null}
`;
}

function renderRow(
  { subject, cells, flags }: TextRow,
  titles: string[],
  colours: SubjectColours,
): Markup {
  const flag =
    flags.length > 0
      ? html` <b class="flag" title="${flags.map(flagText).join("; ")}">!</b>`
      : null;
  return html`<tr class="${colours(subject)}"><th scope="row"><i class="swatch"></i>${subject}${flag}</th>${cells.map((cell, at) => renderCell(cell, titles[at + 1] ?? ""))}</tr>
`;
}

function renderCell(cell: string, title: string): Markup {
  if (isWords(title)) return html`<td class="words">${cell}</td>`;
  const [value = "", spread] = cell.split(" (");
  return html`<td>${value}${spread ? html`<small>${spread.replace(")", "")}</small>` : null}</td>`;
}

function isWords(title: string): boolean {
  return title === "placement" || title === "modes";
}
