import { type Command, Option } from "commander";
import { integerOption } from "../../src/cli/numbers.ts";
import type { Task } from "../duts/dut.ts";
import { duts } from "../duts/list.ts";
import { parseSizes } from "../frames/sizes.ts";
import { compare, type Entry } from "../methods/compare.ts";
import { compareLatency, type RateBase, rateBases } from "./compare-latency.ts";
import { type ContestOptions, openAll, type Seat, seats } from "./contestants.ts";
import { integersFlag, numberFlag, sizesFlag, wordsFlag } from "./flags.ts";
import {
  addOutputOptions,
  leastTrial,
  type OutputOptions,
  sinkOption,
  sources,
  tasks,
} from "./options.ts";
import { recordScores } from "./scores.ts";
import { isInterrupted, runSession, type Session } from "./session.ts";

export interface CompareCommandOptions extends OutputOptions, ContestOptions {
  reference: string;
  rounds: number;
  latency?: boolean;
  rates: RateBase;
}

export function addCompare(bench: Command): void {
  const names = duts.map(({ name }) => name);
  const list = <Value>(
    flags: string,
    text: string,
    parse: (text: string) => Value,
    usual: Value,
    shown: string,
  ) => new Option(flags, text).argParser(parse).default(usual, shown);
  const command = bench
    .command("compare")
    .description("devices side by side, in rounds that take turns, with ratios and CPU time")
    .option("--duts <list>", "with commas (default: all that can run here)", wordsFlag(names))
    .addOption(
      new Option("--reference <name>", "ratios are to it").choices(names).default("millrace"),
    )
    .addOption(
      list("--tasks <list>", tasks.join(", "), wordsFlag(tasks), ["route"] as Task[], "route"),
    )
    .addOption(
      list("--sizes <list>", "rfc2544, or 64,imix,1518", sizesFlag, [parseSizes("64")], "64"),
    )
    .addOption(list("--flows <list>", "1 to 65536", integersFlag(1, 65536), [1], "1"))
    .addOption(
      list("--source <list>", "skb, frame or both", wordsFlag(sources), [...sources], "skb,frame"),
    )
    .addOption(
      list(
        "--placement <list>",
        "best: where each is fastest; one-core: all on the generator's; own-core: one more each",
        wordsFlag(seats),
        ["best"] as Seat[],
        "best",
      ),
    )
    .addOption(sinkOption())
    .option("--latency", "delays at 10, 50 and 90 % of the throughput, instead of the rate")
    .addOption(
      new Option("--rates <base>", "with --latency, 100 %: what each carries, or the slowest does")
        .choices(rateBases)
        .default("own"),
    )
    .option("--trial <seconds>", "length of a trial", numberFlag(leastTrial, 3600), 1)
    .option("--rounds <count>", "fewer than 3 are no basis for a claim", integerOption(1, 100), 5)
    .option("--repeats <count>", "of a doubtful trial", integerOption(0, 20), 2);
  addOutputOptions(command).action((options: CompareCommandOptions) =>
    runSession("compare", options, (session) => runCompare(session, options)),
  );
}

async function runCompare(session: Session, options: CompareCommandOptions): Promise<void> {
  const { scope, draft, live } = session;
  draft.setReference(options.reference);
  const entries = await openAll(session, options);
  const onFailure = async ({ scenario, subject }: Entry, error: Error) => {
    if (await isInterrupted(scope.signal)) throw error;
    const told = `${scenario}: ${subject}: left out: ${error.message}`;
    live.say(`  ${told}`);
    draft.note(told);
  };
  if (options.latency) return compareLatency(session, entries, { ...options, onFailure });
  await compare(entries, {
    rounds: options.rounds,
    onStep: (step) => live.step(step),
    onRound: (scores) => recordScores(draft, scores),
    onFailure,
  });
}
