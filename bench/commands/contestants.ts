import type { Cores, Dut, Task } from "../duts/dut.ts";
import type { DutKind } from "../duts/kind.ts";
import { duts } from "../duts/list.ts";
import type { SizeShare, Source } from "../frames/types.ts";
import type { Entry } from "../methods/compare.ts";
import { repeatDoubtful } from "../methods/doubt.ts";
import type { Scenario } from "../report/result.ts";
import type { SinkKind } from "../trial/sink.ts";
import type { RunTrial } from "../trial/types.ts";
import { type Bed, openKind } from "./bed.ts";
import { scenarioOf } from "./recorder.ts";
import { isInterrupted, type Session } from "./session.ts";

/** Where devices may work: wherever each is best, or where all have the same cores. */
export const seats = ["best", "one-core", "own-core"] as const satisfies ("best" | Cores)[];
export type Seat = (typeof seats)[number];

/** Which devices are compared, under which scenarios. */
export interface ContestOptions {
  duts?: string[];
  tasks: readonly Task[];
  sizes: readonly (readonly SizeShare[])[];
  flows: readonly number[];
  source: readonly Source[];
  placement: readonly Seat[];
  sink: SinkKind;
  trial: number;
  repeats: number;
}

/** A device under one scenario, set up and waiting. */
export interface Contestant extends Entry {
  scene: Scenario;
  /** Trials as they come; those of `run` are repeated when they are doubtful. */
  once: RunTrial;
}

/** Sets every device up for each of its tasks. @throws Error when fewer than two are left */
export async function openAll(session: Session, options: ContestOptions): Promise<Contestant[]> {
  const all: Contestant[] = [];
  for (const kind of duts.filter(({ name }) => options.duts?.includes(name) ?? true)) {
    for (const task of kind.tasks.filter((each) => options.tasks.includes(each))) {
      all.push(...(await openOne(session, kind, task, options)));
    }
  }
  const subjects = new Set(all.map(({ subject }) => subject));
  if (subjects.size > 1) return inScenarios(all);
  const what = `${[...subjects].join("") || "no device"} can do ${options.tasks.join(", ")} here`;
  throw new Error(`nothing to compare, only ${what}: see millrace bench list`);
}

/** A device that cannot run here becomes a note. */
async function openOne(
  session: Session,
  kind: DutKind,
  task: Task,
  options: ContestOptions,
): Promise<Contestant[]> {
  const missing = await kind.missing();
  if (missing !== null) return leaveOut(session, kind.name, missing);
  try {
    const bed = await openKind(session, kind, task, options.sink);
    session.draft.addSubject(kind.name, bed.dut.description);
    return options.placement.flatMap((seat) => seated(session, kind, bed, seat, options));
  } catch (error) {
    if (await isInterrupted(session.scope.signal)) throw error;
    return leaveOut(session, kind.name, `${task}: ${(error as Error).message}`);
  }
}

function leaveOut({ draft, live }: Session, what: string, reason: string): never[] {
  draft.note(`${what} left out: ${reason}`);
  live.say(`  ${what} left out: ${reason}`);
  return [];
}

/** A device with the cores that it is to have, under each load; a note where it cannot. */
function seated(
  session: Session,
  kind: DutKind,
  { dut, run, task }: Bed,
  seat: Seat,
  options: ContestOptions,
): Contestant[] {
  const place = atSeat(dut, seat);
  const loads = loadsOf(kind, options);
  const possible = loads.filter(({ source }) => place.placements(source).length > 0);
  if (possible.length === 0)
    leaveOut(session, `${kind.name}, ${task}`, `it has no ${seat} placement`);
  const once = session.live.watch(run);
  const careful = repeatDoubtful(once, { times: options.repeats, pauseMs: 1000 });
  return possible.map((load) => {
    const scene = seatedScene(scenarioOf({ task, ...load }), seat);
    session.draft.addScenario(scene);
    const who = { scenario: scene.name, subject: kind.name, load, dut: place };
    return { ...who, scene, once, run: careful };
  });
}

/** The device with its placements of one kind only. */
export function atSeat(dut: Entry["dut"], seat: Seat): Entry["dut"] {
  if (seat === "best") return dut;
  const placements: Dut["placements"] = (source) => dut.placements(source, seat);
  return { placements, prepare: dut.prepare, rest: dut.rest };
}

/** A scenario of its own, so that ratios are between devices with the same cores. */
export function seatedScene(scene: Scenario, seat: Seat): Scenario {
  return seat === "best" ? scene : { ...scene, name: `${scene.name}-${seat}` };
}

function loadsOf(kind: DutKind, options: ContestOptions): Entry["load"][] {
  return options.sizes.flatMap((sizes) =>
    options.flows.flatMap((flows) =>
      options.source
        .filter((source) => kind.sources.includes(source))
        .map((source) => ({ sizes, flows, source, rate: null, seconds: options.trial })),
    ),
  );
}

/** Subjects of one scenario one after another: they are what ratios are taken of. */
export function inScenarios<One extends Entry>(entries: readonly One[]): One[] {
  return [...Map.groupBy(entries, ({ scenario }) => scenario).values()].flat();
}
