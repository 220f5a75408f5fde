import { fitted, textWidth } from "./frame.ts";
import { html, type Markup } from "./markup.ts";

/** Plots that have one line of text for each thing shown, and a scale below. */
export const rowHeight = 22;
const AXIS = 22;

export interface Tick {
  at: number;
  text: string;
}

/** Where the names end and the plot begins. */
export function namesEnd(names: readonly string[]): number {
  const longest = Math.max(...names.map(textWidth));
  return Math.min(Math.max(longest, 40), 168) + 10;
}

export function plotHeight(rows: number): number {
  return rows * rowHeight + AXIS;
}

/** Thin lines from top to bottom, and what they stand for. */
export function renderScale(ticks: readonly Tick[], height: number): Markup {
  const bottom = height - AXIS + 2;
  return html`${ticks.map(
    ({ at, text }) =>
      html`<path class="grid" d="M${at} 0V${bottom}"/><text class="tick" x="${at}" y="${bottom + 14}">${text}</text>`,
  )}`;
}

/** A line that the others are to be compared with. */
export function renderReference(at: number, height: number): Markup {
  return html`<path class="reference" d="M${at} 0V${height - AXIS + 2}"/>`;
}

export interface Row {
  name: string;
  /** Shown when the pointer is at anything of the row. */
  title: string;
  classes: string;
  top: number;
  namesEnd: number;
}

export function renderRow({ name, title, classes, top, namesEnd }: Row, content: Markup): Markup {
  const base = top + rowHeight / 2 + 4;
  return html`<g class="${classes}"><title>${title}</title><text class="name" x="${namesEnd - 8}" y="${base}">${fitted(name, namesEnd - 8)}</text>${content}</g>
`;
}
