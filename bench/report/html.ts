import type { PlotGroup } from "./html/bar-group.ts";
import { html, type Markup } from "./html/markup.ts";
import { renderNumbers } from "./html/numbers.ts";
import { renderOverview } from "./html/overview.ts";
import { seriesPlots, taskPlots } from "./html/plots.ts";
import { style } from "./html/style.ts";
import { type SubjectColours, subjectColours } from "./html/subject-colours.ts";
import { commandText, machineFields, whenText } from "./machine-text.ts";
import { explanation } from "./markdown.ts";
import type { Result } from "./result.ts";
import { type TaskView, viewResult } from "./view.ts";

/** Whatever a result holds, the page runs no script and asks nobody for anything. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

interface Section {
  title: string;
  content: Markup;
}

/** A result as one HTML file with plots, for any browser, without network or scripts. */
export function renderHtml(result: Result): string {
  const colours = subjectColours(result);
  const tasks = viewResult(result);
  const curves = seriesPlots(result, colours);
  const overview = renderOverview(tasks, { reference: result.reference, colours });
  const sections: Section[] = [
    ...(overview.length > 0 ? [overviewSection(result, overview, colours)] : []),
    ...tasks.map((task) => taskSection(task, result, colours)),
    ...(curves.length > 0 ? [{ title: "Curves", content: groups(curves) }] : []),
    { title: "Subjects", content: subjects(result, colours) },
    { title: "Machine", content: fields(machineFields(result.machine)) },
  ];
  return page(result, sections).text;
}

function page(result: Result, sections: readonly Section[]): Markup {
  const title = `Millrace benchmark: ${result.method}`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,"><style>${style}</style></head><body>
<svg class="defs" aria-hidden="true" width="0" height="0"><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="stripe" d="M1.5 0v6"/></pattern></svg>
<header><p class="kind">Millrace benchmark</p><h1>${result.method}</h1>
<p>${whenText(result)}, Millrace ${result.version}. ${explanation(result)}</p>
<pre><code>${commandText(result)}</code></pre>${notes(result)}
<nav aria-label="Sections">${sections.map(({ title }, at) => html`<a href="#s${at}">${title}</a> `)}</nav></header>
<main>${sections.map(
    ({ title, content }, at) => html`<section id="s${at}"><h2>${title}</h2>${content}</section>
`,
  )}</main></body></html>
`;
}

function notes({ notes }: Result): Markup | null {
  if (notes.length === 0) return null;
  return html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>`;
}

function overviewSection(result: Result, plots: Markup[], colours: SubjectColours): Section {
  const { reference, subjects } = result;
  const legend = subjects
    .filter(({ name }) => name !== reference)
    .map(({ name }) => html`<span class="${colours(name)}"><i class="swatch"></i>${name}</span> `);
  const hint = `Main metric of each scenario as a ratio to ${reference}, the dashed line. What is hollow or broken is flagged.`;
  return {
    title: "At a glance",
    content: html`<p>${hint}</p><p class="legend">${legend}</p><div class="plots">${plots}</div>`,
  };
}

function taskSection(task: TaskView, result: Result, colours: SubjectColours): Section {
  const numbers = task.scenarios.map((view) => renderNumbers(view, result, colours));
  return {
    title: task.task || "Results",
    content: html`${groups(taskPlots(task, result, colours))}<h3>Numbers</h3>${numbers}`,
  };
}

function groups(plots: readonly PlotGroup[]): Markup {
  return html`${plots.map(
    ({ title, hint, figures }) =>
      html`<h3>${title} <small>${hint}</small></h3>${figures.length > 0 ? html`<div class="plots">${figures}</div>` : null}`,
  )}`;
}

function subjects({ subjects }: Result, colours: SubjectColours): Markup {
  return html`<dl>${subjects.map(
    ({ name, description }) =>
      html`<dt class="${colours(name)}"><i class="swatch"></i>${name}</dt><dd>${description}</dd>`,
  )}</dl>`;
}

function fields(pairs: readonly (readonly [string, string])[]): Markup {
  return html`<dl>${pairs.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
