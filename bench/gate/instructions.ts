import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "../../test/harness/run.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { builtFile } from "../traffic/tools.ts";
import { type Counts, countsSchema } from "./baseline.ts";

/** It takes a few seconds; twenty times as long on a machine that is busy with other things. */
const timeoutMs = 120_000;

/** Variables lie on the stack, whose alignment some functions of glibc take notice of. */
const env = { PATH: "/usr/local/bin:/usr/bin:/bin" };

interface Report {
  /** Compiler, glibc (which copies memory for us), machine, and what vectors valgrind has. */
  madeWith: Counts["madeWith"];
  /** By case: how many operations its dump is about. */
  operations: Record<string, number>;
}

/**
 * Counts the instructions of the native hot paths, each for one operation. The machine's load has
 * no part in it: valgrind executes the program and counts.
 * @returns why not, in words, where there is no valgrind
 * @throws Error when the program is missing or fails, or an expected dump is not there
 */
export async function countInstructions(scope: Scope, directory: string): Promise<Counts | string> {
  const lacks = await whyNoValgrind();
  if (lacks !== "") return lacks;
  const program = builtFile("millrace_bench_count");
  const dumps = join(directory, "dump.%p"); // each case has a process of its own
  const options = ["--tool=callgrind", "--instr-atstart=no", `--callgrind-out-file=${dumps}`];
  const { signal } = scope;
  const stdout = await must("valgrind", ["-q", ...options, program], { env, timeoutMs, signal });
  const report = JSON.parse(stdout) as Report;
  const perOperation = divide(report.operations, readDumps(directory));
  return countsSchema.parse({ unit: "instructions", madeWith: report.madeWith, perOperation });
}

/** "" where it is installed. Its headers come with it, and without them the program is not built. */
async function whyNoValgrind(): Promise<string> {
  try {
    await must("valgrind", ["--version"], { env });
    return "";
  } catch (error) {
    const { message } = error as Error;
    if (!message.includes("not installed")) throw error;
    return `${message} (apt-get install valgrind)`;
  }
}

/** Instructions in each dump below a directory, by the name of its case. */
function readDumps(directory: string): Map<string, number> {
  const texts = readdirSync(directory).map((name) => readFileSync(join(directory, name), "utf8"));
  return new Map(texts.flatMap(parseDump));
}

/**
 * Reads the head and the total of a profile in callgrind's format.
 * @returns nothing for the one that valgrind writes at the end, which no request has named
 */
export function parseDump(text: string): [name: string, instructions: number][] {
  const name = /^desc: Trigger: Client Request: (.+)$/m.exec(text)?.[1];
  if (name === undefined) return [];
  const total = /^totals: (\d+)$/m.exec(text)?.[1];
  if (total === undefined) throw new Error(`the dump of ${name} has no totals`);
  return [[name, Number(total)]];
}

function divide(
  operations: Record<string, number>,
  dumps: ReadonlyMap<string, number>,
): Record<string, number> {
  const counts = Object.entries(operations).map(([name, times]) => {
    const total = dumps.get(name);
    if (total === undefined) throw new Error(`valgrind wrote no dump of ${name}`);
    return [name, Math.round((total / times) * 100) / 100] as const;
  });
  return Object.fromEntries(counts);
}
