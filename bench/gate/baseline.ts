import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";

export const countsSchema = z.strictObject({
  unit: z.enum(["instructions", "bytes"]),
  /** What else the counts depend on: they are comparable where all of it is alike. */
  madeWith: z.record(z.string(), z.union([z.string(), z.boolean()])),
  /** By case. */
  perOperation: z.record(z.string(), z.number().positive()),
});

export type Counts = z.infer<typeof countsSchema>;

/** Where the baselines are that a build is compared with. */
export const baselines = import.meta.dirname;

const fileOf = (unit: Counts["unit"], directory: string) =>
  resolve(directory, `baseline-${unit}.json`);

/** @throws Error naming the file and what is wrong with it */
export function readBaseline(unit: Counts["unit"], directory = baselines): Counts {
  const path = fileOf(unit, directory);
  try {
    return countsSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** @returns the path of the file */
export function writeBaseline(counts: Counts, directory = baselines): string {
  const path = fileOf(counts.unit, directory);
  writeFileSync(path, `${JSON.stringify(counts, null, 2)}\n`);
  return path;
}
