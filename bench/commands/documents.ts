import type { Command } from "commander";
import { toJson } from "../../src/cli/show.ts";
import { type DiffOptions, defaultThreshold, diffResults } from "../report/diff.ts";
import { formatDiff } from "../report/diff-text.ts";
import { readResult } from "../report/read.ts";
import { resultJsonSchema } from "../report/result.ts";
import { formatSummary } from "../report/summary.ts";
import { numberFlag } from "./flags.ts";
import { checkOutputs, writeOutputs } from "./output.ts";

interface DiffCommandOptions {
  threshold: number;
  paired?: boolean;
  json?: boolean;
}

/** Status 1 for a regression, so that a script can stop there. */
export function addDiff(bench: Command): void {
  bench
    .command("diff")
    .description("how result B differs from result A; status 1 when something got worse")
    .argument("<a>", "JSON written by --json, before")
    .argument("<b>", "after")
    .option(
      "--threshold <percent>",
      "changes below do not count",
      numberFlag(0, 100),
      defaultThreshold * 100,
    )
    .option("--paired", "round n of A and round n of B were made in turns")
    .option("--json", "print JSON for programs")
    .action(async (a: string, b: string, { threshold, paired, json }: DiffCommandOptions) => {
      const options: DiffOptions = {
        threshold: threshold / 100,
        ...(paired !== undefined && { paired }),
      };
      const diff = diffResults(await readResult(a), await readResult(b), options);
      process.stdout.write(json ? toJson(diff) : formatDiff(diff));
      if (diff.rows.some(({ verdict }) => verdict === "regression")) process.exitCode = 1;
    });
}

export function addReport(bench: Command): void {
  bench
    .command("report")
    .description("make reports from a result; without an option, print it")
    .argument("<result>", "JSON written by --json")
    .option("--markdown <file>", "write it as Markdown")
    .option("--html <file>", "write it as a page with plots, in one file")
    .action(async (path: string, options: { markdown?: string; html?: string }) => {
      checkOutputs(options);
      const result = await readResult(path);
      const written = await writeOutputs(result, options);
      if (written.length === 0) process.stdout.write(formatSummary(result));
      for (const file of written) process.stderr.write(`written    ${file}\n`);
    });
}

export function addSchema(bench: Command): void {
  bench
    .command("schema")
    .description("print the JSON Schema of results")
    .action(() => void process.stdout.write(toJson(resultJsonSchema())));
}
