/** Text that is HTML already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template may hold; nothing is shown for null. */
export type Content = Markup | string | number | null | readonly Content[];

/** A template whose values are escaped, unless they come from such a template themselves. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Markup {
  return new Markup(String.raw({ raw: strings }, ...values.map(render)));
}

function render(value: Content): string {
  if (value === null) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "number") return String(round(value));
  if (typeof value === "string") return escapeHtml(value);
  return value.map(render).join("");
}

/** For text and for attributes in quotes. */
function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** Coordinates need no more than a tenth of a pixel. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
