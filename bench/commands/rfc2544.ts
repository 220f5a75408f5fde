import { type Command, Option } from "commander";
import { backToBack } from "../methods/back-to-back.ts";
import { defaultShares, latency } from "../methods/latency.ts";
import { loss } from "../methods/loss.ts";
import { throughput } from "../methods/throughput.ts";
import type { Trial } from "../trial/types.ts";
import { numberFlag, wordsFlag } from "./flags.ts";
import {
  atShare,
  plotLatency,
  recordBursts,
  recordLatency,
  recordLoss,
  recordThroughput,
} from "./metrics.ts";
import { addDeviceOptions, addLoadOptions, addOutputOptions, leastTrial } from "./options.ts";
import { runStudy, type StudyOptions, type Visit } from "./study.ts";

const tests = ["throughput", "latency", "loss", "back-to-back"] as const;
type Test = (typeof tests)[number];

interface Rfc2544Options extends StudyOptions {
  tests: readonly Test[];
  /** Percent. */
  resolution: number;
  /** Percent. */
  pdrLoss: number;
  final: number;
  rfcDurations?: boolean;
}

/** Lengths of trials and numbers of repetitions. */
interface Lengths {
  search: number;
  final: number;
  latency: number;
  latencyRepeats: number;
  loss: number;
  burst: number;
  bursts: number;
}

/** RFC 2544 sections 24, 26.2 and 26.4, RFC 9004 section 5.4. */
const asInRfc = { final: 60, latency: 120, latencyRepeats: 20, loss: 60, burst: 2, bursts: 50 };

export function addRfc2544(bench: Command): void {
  const command = bench
    .command("rfc2544")
    .description("throughput, latency, frame loss and back-to-back bursts of one device (RFC 2544)")
    .addOption(
      new Option("--tests <list>", "which of them, with commas")
        .argParser(wordsFlag(tests))
        .default([...tests], tests.join(",")),
    )
    .option("--resolution <percent>", "of the rates found", numberFlag(0.05, 20), 1)
    .option("--pdr-loss <percent>", "what PDR may lose", numberFlag(0.001, 50), 0.5)
    .option(
      "--final <seconds>",
      "length of the trial that confirms",
      numberFlag(leastTrial, 3600),
      5,
    )
    .option("--rfc-durations", "lengths and repetitions as the RFCs ask for: hours");
  addOutputOptions(addDeviceOptions(addLoadOptions(command))).action((options: Rfc2544Options) =>
    runStudy("rfc2544", options, (visit) => runTests(visit, options)),
  );
}

async function runTests(visit: Visit, options: Rfc2544Options): Promise<void> {
  const { traffic, onStep, recorder } = visit;
  const wants = (test: Test) => options.tests.includes(test);
  const length = lengthsOf(options);
  const found = await throughput(visit.trials(decides), {
    ...{ traffic, onStep, seconds: length.search, finalSeconds: length.final },
    resolution: options.resolution / 100,
    partialLoss: options.pdrLoss / 100,
  });
  if (wants("throughput")) recordThroughput(recorder, found);
  const rate = found.ndr.lower || found.pdr.lower;
  if (wants("latency")) await runLatency(visit, rate, length);
  if (wants("loss")) {
    const maximum = found.overload.offeredPps;
    recordLoss(
      recorder,
      await loss(visit.trials(decides), { traffic, onStep, seconds: length.loss, maximum }),
    );
  }
  if (!wants("back-to-back")) return;
  const { burst: seconds, bursts: repeats } = length;
  const base = { traffic, onStep, seconds, repeats, throughput: found.ndr.lower };
  recordBursts(recorder, await backToBack(visit.trials(decides), base));
}

/** A doubt about a trial that lost nothing changes nothing, if it was as fast as it should be. */
export function decides({ load, lost, flags }: Trial): boolean {
  const isOverload = load.rate === null && load.frames === undefined;
  return lost > 0 || isOverload || flags.some(({ name }) => name === "generator-limited");
}

/** Delays at the throughput and below; nothing where there is no throughput. */
export async function runLatency(
  visit: Visit,
  rate: number,
  { latency: seconds, latencyRepeats: repeats }: Pick<Lengths, "latency" | "latencyRepeats">,
): Promise<void> {
  const { traffic, onStep, scenario } = visit;
  if (rate === 0) return visit.recorder.note("no latency: there is no rate to measure it at");
  const shares = defaultShares;
  const points = await latency(visit.trials(), { traffic, onStep, rate, shares, seconds, repeats });
  for (const point of points)
    recordLatency(visit.recorderOf(atShare(scenario, point.share)), point);
  plotLatency(visit.recorder, points);
}

function lengthsOf({ trial, final, rfcDurations }: Rfc2544Options): Lengths {
  if (rfcDurations) return { search: trial, ...asInRfc };
  const latency = { latency: 2 * trial, latencyRepeats: 1 };
  return { search: trial, final, ...latency, loss: trial, burst: trial, bursts: 3 };
}
