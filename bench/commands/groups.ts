import type { Command } from "commander";
import { integerOption } from "../../src/cli/numbers.ts";
import { openPart } from "../../test/harness/scope.ts";
import { attachTimes } from "../cni/attach-times.ts";
import { pipeline } from "../pipeline/scenario.ts";
import type { Group, Row } from "../row.ts";
import type { Value } from "./draft.ts";
import { numberFlag } from "./flags.ts";
import { addOutputOptions, type OutputOptions } from "./options.ts";
import { runSession, type Session } from "./session.ts";

interface GroupOptions extends OutputOptions {
  rounds: number;
  trial: number;
}

export function addAttach(bench: Command): void {
  const command = bench
    .command("attach")
    .description("ADD and DEL of pods through the CNI executable, beside ptp and bridge")
    .option("--rounds <count>", "of 200 pods each", integerOption(1, 100), 3);
  addOutputOptions(command).action((options: GroupOptions) =>
    runSession("attach", options, (session) => runGroup(session, attachTimes, options)),
  );
}

export function addPipeline(bench: Command): void {
  const command = bench
    .command("pipeline")
    .description("the forwarding graph alone on one core: no kernel, no interface")
    .option("--trial <seconds>", "length of a trial", numberFlag(0.1, 60), 1)
    .option("--rounds <count>", "fewer than 3 are no basis for a claim", integerOption(1, 100), 5);
  addOutputOptions(command).action((options: GroupOptions) =>
    runSession("pipeline", options, (session) => runGroup(session, pipeline, options)),
  );
}

/**
 * A group of `npm run bench` in the form of a result. Its rows keep no values of single rounds, so
 * each round is a run of its own, set up anew.
 */
async function runGroup(session: Session, group: Group, options: GroupOptions): Promise<void> {
  const { draft, live, scope } = session;
  const names = group.scenarios.map(({ name }) => name);
  for (const { name, subjects } of group.scenarios) {
    draft.addScenario({ name });
    for (const subject of subjects) draft.addSubject(subject, descriptions[subject] ?? subject);
  }
  draft.setReference("ptp");
  for (let round = 0; round < options.rounds; round++) {
    live.part(`round ${round + 1} of ${options.rounds}`);
    await using part = openPart(scope);
    const progress = (text: string) => live.step({ text, secondsLeft: 0 });
    const seconds = options.trial ?? 1;
    const outcome = await group.run(names, { rounds: 1, seconds, progress, scope: part });
    for (const row of outcome.rows) draft.add(roundValue(row));
    for (const note of outcome.notes) draft.note(note);
  }
}

const descriptions: Record<string, string> = {
  millrace: "this checkout",
  ptp: "reference plugin of Debian's containernetworking-plugins, host-local addresses",
  bridge: "reference plugin of Debian's containernetworking-plugins, host-local addresses",
};

/** Times are told in nanoseconds in every result. */
function roundValue({ scenario, subject, metric, unit, median }: Row): Value {
  const isRate = unit.endsWith("/s");
  const better = isRate ? "higher" : "lower";
  if (unit === "ms") return { scenario, subject, metric, unit: "ns", better, value: median * 1e6 };
  return { scenario, subject, metric, unit, better, value: median };
}
