import { html, type Markup } from "./markup.ts";

/** Width of every plot in its own units, which are CSS pixels on a phone. */
export const plotWidth = 360;

/** Of a character of 12 px, on the average and generously: no font is at hand here to ask. */
const CHARACTER = 6.6;

export function textWidth(text: string): number {
  return text.length * CHARACTER;
}

/** Cut so that it fits; the whole is in the title beside it. */
export function fitted(text: string, width: number): string {
  const room = Math.floor(width / CHARACTER);
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

export interface Figure {
  caption: string;
  /** What a screen reader says instead of the picture. */
  description: string;
  height: number;
  content: Markup;
  /** In words below the plot. */
  footer?: Markup | null;
}

export function renderFigure({ caption, description, height, content, footer }: Figure): Markup {
  return html`<figure><figcaption>${caption}</figcaption>
<svg role="img" aria-label="${description}" viewBox="0 0 ${plotWidth} ${height}">${content}</svg>${footer ?? null}</figure>
`;
}
