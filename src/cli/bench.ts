import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";

/** Beside src/ in a checkout; the image and the package of a node have no bench. */
const BENCH = new URL("../../bench/commands/program.ts", import.meta.url);

/**
 * The measurements are a program of their own, which is loaded when it is asked for: nothing else
 * shall pay for it, and where it is not there, everything else works.
 */
export function addBenchCommand(program: Command): void {
  program
    .command("bench")
    .description("measure throughput, loss and latency (run it with --help for its commands)")
    .argument("[words...]", "command with its options")
    // All of them, and its help, are the other program's.
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[]) => {
      const { createBench } = await loadBench();
      await createBench().parseAsync(words, { from: "user" });
    });
}

/** @throws Error with the remedy when this is no checkout */
async function loadBench(): Promise<typeof import("../../bench/commands/program.ts")> {
  if (!existsSync(BENCH)) {
    const path = fileURLToPath(BENCH);
    throw new Error(`bench needs a checkout of Millrace, built by "npm run build": no ${path}`);
  }
  // Not a literal: a bundler would take the bench and its dependencies in.
  return import(BENCH.href);
}
