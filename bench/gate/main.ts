import { parseArgs } from "node:util";
import { Interrupted, openScope } from "../../test/harness/scope.ts";
import { countAllocations } from "./allocations.ts";
import { baselines, type Counts, readBaseline, writeBaseline } from "./baseline.ts";
import { compare, whyIncomparable } from "./compare.ts";
import { countInstructions } from "./instructions.ts";

const usage = `usage: npm run bench:gate -- [options]
  --update           take what is counted now as the baseline
  --baselines DIR    other baselines than those in ${baselines}`;

interface GateOptions {
  update: boolean;
  baselines: string;
}

/** @returns whether all is well, which it is also where nothing can be compared */
function judge(counts: Counts | string, { update, baselines: directory }: GateOptions): boolean {
  if (typeof counts === "string") {
    console.log(`skipped: ${counts}`);
    return !update;
  }
  if (update) {
    const path = writeBaseline(counts, directory);
    console.log(`${Object.keys(counts.perOperation).length} cases written to ${path}`);
    return true;
  }
  const baseline = readBaseline(counts.unit, directory);
  const why = whyIncomparable(baseline, counts);
  if (why !== "") {
    console.log(`skipped: ${counts.unit}: ${why}`);
    return true;
  }
  const verdicts = compare(baseline, counts);
  for (const { passed, text } of verdicts) console.log(`  ${passed ? "pass" : "FAIL"}  ${text}`);
  return verdicts.every(({ passed }) => passed);
}

async function gate(options: GateOptions): Promise<boolean> {
  await using scope = await openScope("gate", { catchSignals: true });
  const native = judge(await countInstructions(scope, scope.dir), options);
  return judge(await countAllocations(scope), options) && native;
}

function readOptions(args: string[]): GateOptions {
  const { values } = parseArgs({
    args,
    options: {
      update: { type: "boolean", default: false },
      baselines: { type: "string", default: baselines },
    },
  });
  return values;
}

async function main(args: string[]): Promise<void> {
  let options: GateOptions;
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  process.exitCode = (await gate(options)) ? 0 : 1;
}

main(process.argv.slice(2)).catch((error: Error) => {
  const interrupted = error instanceof Interrupted;
  console.error(interrupted ? `${error.message}; cleaned up` : error.message);
  process.exitCode = interrupted ? 130 : 2;
});
