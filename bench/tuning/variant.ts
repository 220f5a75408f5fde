import type { z } from "zod";
import type { dataplaneSchema } from "../../src/config/dataplane-schema.ts";
import { dutCpu } from "../traffic/load.ts";
import type { LinkSetting } from "./links.ts";

/** The key `dataplane` as one writes it. */
export type Dataplane = z.input<typeof dataplaneSchema>;

/** The usual configuration but for one setting, or for several that only make sense together. */
export interface Variant {
  /** The subject of reports, and the name in the guide. */
  name: string;
  /** Keys that differ from the usual ones. */
  dataplane?: Dataplane;
  links?: readonly LinkSetting[];
  /** Why it cannot be measured on this machine, with the remedy; null when it can. */
  missing?: () => string | null;
}

/** The subject that ratios are taken to. */
export const reference: Variant = { name: "millrace" };

/**
 * What all variants start from: the defaults, with the worker on a CPU of its own. Hugepages are
 * off, so that a machine that has some measures their effect as well.
 */
export const usual: Dataplane = { cpus: [dutCpu], hugepages: "off" };

/** Everything that differs from the usual configuration, as one would write it. */
export function settingTexts({ dataplane = {}, links = [] }: Variant): string[] {
  const keys = Object.entries(dataplane).map(
    ([key, value]) => `dataplane.${key}: ${valueText(value)}`,
  );
  return [...keys, ...links.map(({ text }) => text)];
}

/** As in YAML, without quotes around words. */
function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const pairs = Object.entries(value).map(([key, each]) => `${key}: ${valueText(each)}`);
  return `{${pairs.join(", ")}}`;
}
