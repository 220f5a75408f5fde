import { commandText, whenText } from "../report/machine-text.ts";
import type { Result } from "../report/result.ts";
import { columns, effectText, usualText } from "./effect.ts";
import { leftOut } from "./left-out.ts";
import { settingTexts, type Variant } from "./variant.ts";

/** What stands between two markers is written here; with names, it is the effect of these variants. */
const block = /(<!-- measured(?:: ([^>]*?))? -->\n)[\s\S]*?(<!-- end of measured -->)/g;

/**
 * The guide with the numbers of a result: between `<!-- measured -->` and `<!-- end of measured -->`
 * what was measured where, between `<!-- measured: batch-16, batch-32 -->` and the same end a table of
 * these variants. What stood there before is replaced.
 * @param variants all that there are
 * @throws Error when the guide names a variant that there is not, or none where one was measured
 */
export function fillGuide(guide: string, result: Result, variants: readonly Variant[]): string {
  const named = namesIn(guide);
  checkNames(named, result, variants);
  return guide.replaceAll(block, (_, begin: string, names: string | undefined, end: string) => {
    const text = names === undefined ? head(result) : effects(pick(variants, names), result);
    return `${begin}\n${text}\n\n${end}`;
  });
}

/** Variants that a guide has a table for. */
export function namesIn(guide: string): string[] {
  return [...guide.matchAll(block)].flatMap(([, , names]) => listed(names ?? ""));
}

function checkNames(
  named: readonly string[],
  { subjects, reference }: Result,
  variants: readonly Variant[],
): void {
  const known = variants.map(({ name }) => name);
  const wrong = named.find((name) => !known.includes(name));
  if (wrong !== undefined) {
    throw new Error(`<!-- measured: ${wrong} -->: no such variant; there are ${known.join(", ")}`);
  }
  const homeless = subjects.find(({ name }) => name !== reference && !named.includes(name));
  if (homeless === undefined) return;
  throw new Error(
    `${homeless.name} was measured, and the guide has no <!-- measured: ${homeless.name} -->`,
  );
}

function head(result: Result): string {
  const { version, machine } = result;
  const { cpus = 0, cpu = "unknown CPU", kernel = "unknown kernel", virtualization } = machine;
  const where = [`${cpus} x ${cpu}`, `virtualization ${virtualization}`, `Linux ${kernel}`];
  return [
    `Millrace ${version}, ${whenText(result)}; ${where.join(", ")}:`,
    ["```", commandText(result), "```"].join("\n"),
    "The usual configuration (median):",
    table([columns.map(({ title }) => title), columns.map((each) => usualText(result, each))]),
  ].join("\n\n");
}

/** A row for each variant that was measured, and a line for each that could not be. */
function effects(variants: readonly Variant[], result: Result): string {
  const wasMeasured = ({ name }: Variant) => result.subjects.some((one) => one.name === name);
  const rows = variants
    .filter(wasMeasured)
    .map((variant) => [
      code(...(settingTexts(variant).length > 0 ? settingTexts(variant) : [variant.name])),
      ...columns.map((column) => effectText(result, variant.name, column)),
    ]);
  const titles = ["setting", ...columns.map(({ title }) => title)];
  const notes = variants.flatMap((variant) => whyNot(variant, result));
  return [...(rows.length > 0 ? [table([titles, ...rows])] : []), ...notes].join("\n\n");
}

/** The words in which it, or something of it, was left out. */
function whyNot(variant: Variant, { notes, subjects }: Result): string[] {
  const setting = code(...settingTexts(variant));
  const found = leftOut(notes, variant.name);
  if (found.length === 0 && !subjects.some(({ name }) => name === variant.name)) {
    return [`${setting}: not part of this measurement.`];
  }
  return found.map(({ scenario, reason }) => {
    const where = scenario === undefined ? "" : `, under \`${scenario}\``;
    return `${setting}${where}: ${reason}`;
  });
}

function pick(variants: readonly Variant[], names: string): Variant[] {
  return listed(names).flatMap((name) => variants.filter((variant) => variant.name === name));
}

function listed(names: string): string[] {
  return names.split(",").flatMap((name) => name.trim() || []);
}

function code(...texts: string[]): string {
  return texts.map((text) => `\`${text}\``).join(", ");
}

function table([titles = [], ...rows]: string[][]): string {
  const lines = [titles, titles.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
