import { resolve } from "node:path";
import { must } from "../../test/harness/run.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { type Counts, countsSchema } from "./baseline.ts";

const timeoutMs = 120_000;
/** Larger than what any case takes, so that nothing is collected while it is counted. */
const youngMegabytes = 1024;

const flags = [
  ...["--expose-gc", "--no-opt", "--no-sparkplug"],
  ...[`--min-semi-space-size=${youngMegabytes}`, `--max-semi-space-size=${youngMegabytes}`],
];

/**
 * Counts the bytes that the hot paths in TypeScript allocate, each for one operation, in a process
 * of their own.
 * @throws Error when that fails
 */
export async function countAllocations({ signal }: Scope): Promise<Counts> {
  const program = resolve(import.meta.dirname, "allocate.ts");
  const output = await must(process.execPath, [...flags, program], { timeoutMs, signal });
  return countsSchema.parse({ unit: "bytes", ...JSON.parse(output) });
}
