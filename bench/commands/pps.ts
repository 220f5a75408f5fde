import type { Command } from "commander";
import { compare } from "../methods/compare.ts";
import { repeatDoubtful } from "../methods/doubt.ts";
import { checkDevice, openBed } from "./bed.ts";
import { addDeviceOptions, addLoadOptions, addOutputOptions } from "./options.ts";
import { scenarioName, scenarioOf } from "./recorder.ts";
import { recordScores } from "./scores.ts";
import { runSession } from "./session.ts";
import { type StudyOptions, wishedPlacement } from "./study.ts";

export function addPps(bench: Command): void {
  const command = bench
    .command("pps")
    .description("what one device lets through when it is sent more than it can carry");
  addOutputOptions(addDeviceOptions(addLoadOptions(command, { rounds: 5 }))).action(runPps);
}

async function runPps(options: StudyOptions): Promise<void> {
  const { flows, source, rounds, placement, trial: seconds } = options;
  checkDevice(options, source);
  await runSession("pps", options, async (session) => {
    const { live, draft } = session;
    const bed = await openBed(session, options);
    const { dut, task, lineRate } = bed;
    draft.addSubject(dut.name, dut.description);
    const places = placement === undefined ? null : [wishedPlacement(bed, source, placement)];
    const entries = (options.sizes ?? [options.size]).map((sizes) => {
      const key = { task, sizes, flows, source, lineRate };
      draft.addScenario(scenarioOf(key));
      const one = places === null ? dut : { ...dut, placements: () => places };
      const run = repeatDoubtful(live.watch(bed.run), { times: options.repeats, pauseMs: 1000 });
      const load = { sizes, flows, source, rate: null, seconds };
      return { scenario: scenarioName(key), subject: dut.name, load, dut: one, run };
    });
    await compare(entries, {
      rounds,
      onStep: (step) => live.step(step),
      onRound: (scores) => recordScores(draft, scores),
      onFailure: async (_, error) => {
        throw error;
      },
    });
  });
}
