import { formatSizes } from "../frames/sizes.ts";
import type { Source } from "../frames/types.ts";
import { compare, type Entry } from "../methods/compare.ts";
import { repeatDoubtful } from "../methods/doubt.ts";
import type { Step, Traffic } from "../methods/step.ts";
import type { Scenario } from "../report/result.ts";
import type { RunTrial, Trial } from "../trial/types.ts";
import { type Bed, checkDevice, openBed } from "./bed.ts";
import type { DeviceOptions, LoadOptions, OutputOptions } from "./options.ts";
import { Recorder, scenarioOf } from "./recorder.ts";
import { runSession, type Session } from "./session.ts";

export type StudyOptions = OutputOptions & DeviceOptions & LoadOptions;

/** One round of a method on one device under one scenario. */
export interface Visit {
  session: Session;
  traffic: Traffic;
  scenario: Scenario;
  recorder: Recorder;
  onStep: (step: Step) => void;
  /** Trials where the device is fastest; doubtful ones are repeated where that matters. */
  trials(matters?: (trial: Trial) => boolean): RunTrial;
  /** The same device under another scenario, with the same placement. */
  recorderOf(scenario: Scenario): Recorder;
}

/** Between a doubtful trial and the next. */
const pauseMs = 1000;

/** Runs a method on one device, for each size in each round, and reports. */
export async function runStudy(
  method: string,
  options: StudyOptions,
  visit: (visit: Visit) => Promise<void>,
): Promise<void> {
  checkDevice(options, options.source);
  await runSession(method, options, async (session) => {
    const bed = await openBed(session, options);
    session.draft.addSubject(bed.dut.name, bed.dut.description);
    const scenes = (options.sizes ?? [options.size]).map((sizes) => {
      const { flows, source } = options;
      return { traffic: { sizes, flows, source }, placement: undefined as string | undefined };
    });
    let left = options.rounds * scenes.length;
    for (let round = 0; round < options.rounds; round++) {
      for (const scene of scenes) {
        const { traffic } = scene;
        const text = `round ${round + 1} of ${options.rounds}, ${formatSizes(traffic.sizes)}`;
        session.live.part(text, --left);
        scene.placement ??= await choosePlacement(session, bed, traffic, options);
        await visit(visitOf(session, bed, traffic, scene.placement, options.repeats));
      }
    }
  });
}

function visitOf(
  session: Session,
  bed: Bed,
  traffic: Traffic,
  placement: string,
  repeats: number,
): Visit {
  const { draft, live } = session;
  const { task, dut, lineRate } = bed;
  const scenario = scenarioOf({ task, ...traffic, lineRate });
  const recorderOf = (of: Scenario) => new Recorder(draft, of, dut.name, placement);
  return {
    ...{ session, traffic, scenario, recorderOf, recorder: recorderOf(scenario) },
    onStep: (step) => live.step(step),
    trials: (matters) => {
      const careful = { times: repeats, pauseMs, ...(matters && { matters }) };
      return repeatDoubtful(live.watch(placed(bed, placement)), careful);
    },
  };
}

/** Trials of a device that works at one placement, and rests in between. */
export function placed({ dut, run }: Pick<Entry, "dut" | "run">, placement: string): RunTrial {
  return async (load, onProgress) => {
    await dut.prepare(placement);
    return run(load, onProgress).finally(() => dut.rest());
  };
}

/** The placement that was asked for. @throws Error that lists those there are */
export function wishedPlacement({ dut }: Bed, source: Source, wish: string): string {
  const places = dut.placements(source);
  if (places.includes(wish)) return wish;
  const list = places.map((place) => `"${place}"`).join(", ");
  throw new Error(`--placement ${wish}: ${dut.name} has ${list}`);
}

/** The placement that was asked for, else that where one trial at overload is fastest. */
export async function choosePlacement(
  session: Session,
  bed: Bed,
  traffic: Traffic,
  { trial: seconds, placement: wish }: Pick<StudyOptions, "trial" | "placement">,
): Promise<string> {
  const { dut, run: unseen } = bed;
  if (wish !== undefined) return wishedPlacement(bed, traffic.source, wish);
  const load = { ...traffic, rate: null, seconds };
  const run = session.live.watch(unseen);
  return fastestPlacement(session, { subject: dut.name, load, dut, run });
}

/** Where one trial at overload is fastest. */
export async function fastestPlacement(
  { live }: Session,
  one: Omit<Entry, "scenario">,
): Promise<string> {
  const { subject, load, dut } = one;
  const [only, ...others] = dut.placements(load.source);
  if (only !== undefined && others.length === 0) return only;
  const [best] = await compare([{ ...one, scenario: "trying out" }], {
    rounds: 1,
    // Behind the number of the round, of which there is one.
    onStep: ({ text, ...step }) => live.step({ ...step, text: text.slice(text.indexOf(": ") + 2) }),
    onFailure: async (_, error) => {
      throw error;
    },
  });
  if (best === undefined) throw new Error(`${subject}: no placement for ${load.source} frames`);
  return best.placement;
}
