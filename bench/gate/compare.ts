import type { Counts } from "./baseline.ts";

/** A case may take this much more before it counts as a regression, as a part of the baseline. */
const tolerances = { instructions: 0.05, bytes: 0.1 };
/** What takes a new baseline over. */
export const updateCommand = "npm run bench:gate -- --update";

export interface Verdict {
  name: string;
  /** Of one operation, in the unit of the counts; null where the case is unknown. */
  before: number | null;
  now: number | null;
  passed: boolean;
  /** One line. */
  text: string;
}

/**
 * Says why counts cannot be compared with a baseline.
 * @returns "" when they can be
 */
export function whyIncomparable(baseline: Counts, counts: Counts): string {
  const keys = Object.keys(baseline.madeWith);
  const different = keys.filter((key) => baseline.madeWith[key] !== counts.madeWith[key]);
  const facts = different.map(
    (key) => `${key} is ${counts.madeWith[key]}, that of the baseline ${baseline.madeWith[key]}`,
  );
  return facts.join("; ");
}

/** Compares every case of either side; the worst changes come first. */
export function compare(baseline: Counts, counts: Counts): Verdict[] {
  const [old, fresh] = [baseline.perOperation, counts.perOperation];
  return [...new Set([...Object.keys(old), ...Object.keys(fresh)])]
    .map((name) =>
      judge({ name, before: old[name] ?? null, now: fresh[name] ?? null }, counts.unit),
    )
    .sort((a, b) => growth(b) - growth(a));
}

function judge(known: Pick<Verdict, "name" | "before" | "now">, unit: Counts["unit"]): Verdict {
  const tolerance = tolerances[unit];
  const { name, before, now } = known;
  if (now === null) {
    const text = `${name}: in the baseline, but there is no such case: ${updateCommand}`;
    return { ...known, passed: false, text };
  }
  if (before === null) {
    const text = `${name}: ${now} ${unit}, not in the baseline yet: ${updateCommand}`;
    return { ...known, passed: false, text };
  }
  const numbers = `${name}: ${before} -> ${now} ${unit} per operation, ${percent(now / before - 1)}`;
  if (now > before * (1 + tolerance)) {
    const text = `${numbers}, more than ${percent(tolerance)}; if that is what it costs: ${updateCommand}`;
    return { ...known, passed: false, text };
  }
  const hint = now < before * (1 - tolerance) ? `; to keep that: ${updateCommand}` : "";
  return { ...known, passed: true, text: `${numbers}${hint}` };
}

function growth({ before, now }: Verdict): number {
  return before === null || now === null ? Number.POSITIVE_INFINITY : now / before;
}

function percent(part: number): string {
  return `${part < 0 ? "" : "+"}${(part * 100).toFixed(1)} %`;
}
