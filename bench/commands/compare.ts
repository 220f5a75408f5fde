import { type Command, Option } from "commander";
import { integerOption } from "../../src/cli/numbers.ts";
import type { Task } from "../duts/dut.ts";
import type { DutKind } from "../duts/kind.ts";
import { duts } from "../duts/list.ts";
import { parseSizes } from "../frames/sizes.ts";
import type { SizeShare, Source } from "../frames/types.ts";
import { compare, type Entry } from "../methods/compare.ts";
import { repeatDoubtful } from "../methods/doubt.ts";
import { openKind } from "./bed.ts";
import { integersFlag, numberFlag, sizesFlag, wordsFlag } from "./flags.ts";
import { addOutputOptions, leastTrial, type OutputOptions, sources, tasks } from "./options.ts";
import { scenarioName, scenarioOf } from "./recorder.ts";
import { recordScores } from "./scores.ts";
import { isInterrupted, runSession, type Session } from "./session.ts";

export interface CompareCommandOptions extends OutputOptions {
  duts?: string[];
  reference: string;
  tasks: readonly Task[];
  sizes: readonly (readonly SizeShare[])[];
  flows: readonly number[];
  source: readonly Source[];
  trial: number;
  rounds: number;
  repeats: number;
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
  const one = (entry: Entry) => `${entry.scenario}: ${entry.subject}`;
  await compare(entries, {
    rounds: options.rounds,
    onStep: (step) => live.step(step),
    onRound: (scores) => recordScores(draft, scores),
    onFailure: async (entry, error) => {
      if (await isInterrupted(scope.signal)) throw error;
      live.say(`  ${one(entry)}: left out: ${error.message}`);
      draft.note(`${one(entry)}: left out: ${error.message}`);
    },
  });
}

/** Sets every device up for each of its tasks. @throws Error when fewer than two are left */
async function openAll(session: Session, options: CompareCommandOptions): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const kind of duts.filter(({ name }) => options.duts?.includes(name) ?? true)) {
    for (const task of kind.tasks.filter((each) => options.tasks.includes(each))) {
      entries.push(...(await openOne(session, kind, task, options)));
    }
  }
  const subjects = new Set(entries.map(({ subject }) => subject));
  if (subjects.size > 1) return inScenarios(entries);
  const what = `${[...subjects].join("") || "no device"} can do ${options.tasks.join(", ")} here`;
  throw new Error(`nothing to compare, only ${what}: see millrace bench list`);
}

/** A device that cannot run here becomes a note. */
async function openOne(
  session: Session,
  kind: DutKind,
  task: Task,
  options: CompareCommandOptions,
): Promise<Entry[]> {
  const { scope, draft, live } = session;
  const leaveOut = (reason: string) => {
    draft.note(`${kind.name} left out: ${reason}`);
    live.say(`  ${kind.name} left out: ${reason}`);
    return [];
  };
  const missing = await kind.missing();
  if (missing !== null) return leaveOut(missing);
  try {
    const { dut, run } = await openKind(session, kind, task);
    draft.addSubject(kind.name, dut.description);
    const careful = repeatDoubtful(live.watch(run), { times: options.repeats, pauseMs: 1000 });
    return loadsOf(kind, options).map((load) => {
      const key = { task, ...load };
      draft.addScenario(scenarioOf(key));
      return { scenario: scenarioName(key), subject: kind.name, load, dut, run: careful };
    });
  } catch (error) {
    if (await isInterrupted(scope.signal)) throw error;
    return leaveOut(`${task}: ${(error as Error).message}`);
  }
}

function loadsOf(kind: DutKind, options: CompareCommandOptions): Entry["load"][] {
  return options.sizes.flatMap((sizes) =>
    options.flows.flatMap((flows) =>
      options.source
        .filter((source) => kind.sources.includes(source))
        .map((source) => ({ sizes, flows, source, rate: null, seconds: options.trial })),
    ),
  );
}

/** Subjects of one scenario one after another: they are what ratios are taken of. */
function inScenarios(entries: readonly Entry[]): Entry[] {
  return [...Map.groupBy(entries, ({ scenario }) => scenario).values()].flat();
}
