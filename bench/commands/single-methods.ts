import type { Command } from "commander";
import { integerOption } from "../../src/cli/numbers.ts";
import { backToBack } from "../methods/back-to-back.ts";
import { loss } from "../methods/loss.ts";
import { throughput } from "../methods/throughput.ts";
import { numberFlag } from "./flags.ts";
import { recordBursts, recordLoss } from "./metrics.ts";
import { addDeviceOptions, addLoadOptions, addOutputOptions } from "./options.ts";
import { decides, runLatency } from "./rfc2544.ts";
import { runStudy, type StudyOptions } from "./study.ts";

interface RateOptions extends StudyOptions {
  rate?: number;
}

export function addLatency(bench: Command): void {
  const command = bench
    .command("latency")
    .description("delays at a rate and at 90, 50 and 10 % of it (RFC 2544 section 26.2)")
    .option("--rate <frames>", "per second (default: the throughput)", numberFlag(1, 1e9));
  addAll(command, 2).action((options: RateOptions) =>
    runStudy("latency", options, async (visit) => {
      const rate = options.rate ?? (await foundRate(visit, options.trial));
      await runLatency(visit, rate, { latency: options.trial, latencyRepeats: 1 });
    }),
  );
}

type Visit = Parameters<Parameters<typeof runStudy>[2]>[0];

async function foundRate(visit: Visit, seconds: number): Promise<number> {
  const { traffic, onStep } = visit;
  const lengths = { seconds: Math.min(1, seconds), finalSeconds: seconds };
  const { ndr, pdr } = await throughput(visit.trials(decides), { traffic, onStep, ...lengths });
  return ndr.lower || pdr.lower;
}

export function addLoss(bench: Command): void {
  const command = bench
    .command("loss")
    .description("frame loss from the highest rate downwards (RFC 2544 section 26.3)")
    .option("--rate <frames>", "that is 100 % (default: the generator's)", numberFlag(1, 1e9));
  addAll(command, 1).action((options: RateOptions) =>
    runStudy("loss", options, async ({ traffic, onStep, trials, recorder }) => {
      const base = { traffic, onStep, seconds: options.trial, maximum: options.rate };
      recordLoss(recorder, await loss(trials(decides), base));
    }),
  );
}

interface BurstCommandOptions extends StudyOptions {
  searches: number;
}

export function addBackToBack(bench: Command): void {
  const command = bench
    .command("back-to-back")
    .description("the longest burst without loss (RFC 2544 section 26.4, RFC 9004)")
    .option("--searches <count>", "per round; RFC 9004 asks for 50", integerOption(1, 1000), 5);
  addAll(command, 2).action((options: BurstCommandOptions) =>
    runStudy("back-to-back", options, async ({ traffic, onStep, trials, recorder }) => {
      const base = { traffic, onStep, seconds: options.trial, repeats: options.searches };
      recordBursts(recorder, await backToBack(trials(decides), base));
    }),
  );
}

function addAll(command: Command, trial: number): Command {
  return addOutputOptions(addDeviceOptions(addLoadOptions(command, { trial })));
}
