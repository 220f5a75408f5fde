import type { Command } from "commander";
import { integerOption } from "../../src/cli/numbers.ts";
import { type TuneOptions, tune } from "../tuning/tune.ts";
import { variants } from "../tuning/variants.ts";
import { numberFlag, wordsFlag } from "./flags.ts";
import { addOutputOptions, type OutputOptions } from "./options.ts";
import { runSession } from "./session.ts";

interface TuneCommandOptions
  extends OutputOptions,
    Pick<TuneOptions, "rounds" | "repeats" | "tcp"> {
  only?: string[];
  latencyRate: number;
  trial: number;
}

const mostLatencyRate = 1_000_000;

export function addTune(bench: Command): void {
  const names = variants.map(({ name }) => name);
  const command = bench
    .command("tune")
    .description("settings of millrace and of its veths, each beside the usual configuration")
    .option("--only <list>", `with commas: ${names.join(", ")}`, wordsFlag(names))
    .option("--trial <seconds>", "length of a trial", numberFlag(0.5, 60), 1)
    .option("--rounds <count>", "fewer than 3 are no basis for a claim", integerOption(1, 100), 5)
    .option("--repeats <count>", "of a doubtful trial", integerOption(0, 20), 2)
    .option(
      "--latency-rate <frames>",
      "per second, for delays",
      integerOption(100, mostLatencyRate),
      10_000,
    )
    .option("--no-tcp", "leave out TCP by iperf3");
  addOutputOptions(command).action((options: TuneCommandOptions) => {
    const { only, trial: seconds, ...rest } = options;
    const chosen = variants.filter(({ name }) => only?.includes(name) ?? true);
    return runSession("tune", options, (session) =>
      tune(session, { ...rest, seconds, variants: chosen }),
    );
  });
}
