import { isInterrupted, type Session } from "../commands/session.ts";
import { compare, type Entry } from "../methods/compare.ts";
import { repeatDoubtful } from "../methods/doubt.ts";
import { hasIperf } from "../tcp/scenario.ts";
import { Tester } from "../trial/tester.ts";
import type { RunTrial } from "../trial/types.ts";
import { leaveOut } from "./left-out.ts";
import { type LoadChoice, type Scene, scenesOf, tcpScenario } from "./scenarios.ts";
import { startVariant, type Tuned } from "./start.ts";
import { measureTcp } from "./tcp.ts";
import { valuesOf } from "./values.ts";
import { reference, type Variant } from "./variant.ts";

export interface TuneOptions extends LoadChoice {
  variants: readonly Variant[];
  rounds: number;
  /** How often a doubtful trial is run again. */
  repeats: number;
  /** Whether TCP between two pods is measured as well. */
  tcp: boolean;
}

/** A variant with generator and sink at its two ends. */
interface Ready extends Tuned {
  run: RunTrial;
}

/** Between a doubtful trial and the next. */
const pauseMs = 1000;

/** Measures each variant beside the usual configuration, once in each round. */
export async function tune(session: Session, options: TuneOptions): Promise<void> {
  session.draft.setReference(reference.name);
  const tcp = options.tcp && (await canTransfer(session));
  const all: Ready[] = [];
  for (const variant of [reference, ...options.variants]) {
    const ready = await open(session, variant, { ...options, tcp });
    if (ready !== null) all.push(ready);
  }
  if (all.length < 2) throw new Error("nothing to compare: no variant can be measured here");
  await measureFrames(session, all, options);
  if (tcp) await measureTcp(session, all, options);
}

async function canTransfer(session: Session): Promise<boolean> {
  const found = await hasIperf();
  if (!found) leaveOut(session, tcpScenario.name, "apt-get install iperf3");
  return found;
}

/** A setting that is refused becomes a note with the words of who refuses it. */
async function open(
  session: Session,
  variant: Variant,
  { tcp, repeats }: TuneOptions,
): Promise<Ready | null> {
  const { scope, draft, live } = session;
  const missing = variant.missing?.() ?? null;
  if (missing !== null) return leaveOut(session, variant.name, missing);
  live.step({ text: `setting up ${variant.name}`, secondsLeft: 0 });
  try {
    const tuned = await startVariant(scope, variant, tcp);
    const tester = await Tester.open(scope, tuned.dut.lane);
    draft.addSubject(variant.name, tuned.dut.description);
    return { ...tuned, run: repeatDoubtful(live.watch(tester.run), { times: repeats, pauseMs }) };
  } catch (error) {
    if (variant === reference || (await isInterrupted(scope.signal))) throw error;
    return leaveOut(session, variant.name, (error as Error).message);
  }
}

async function measureFrames(
  session: Session,
  all: readonly Ready[],
  options: TuneOptions,
): Promise<void> {
  const { scope, draft, live } = session;
  // Subjects of one scenario one after another: they are what ratios are taken of.
  const entries = scenesOf(options).flatMap((scene) =>
    aroundReference(all).map((ready) => entryOf(scene, ready)),
  );
  for (const { scenario } of scenesOf(options)) draft.addScenario(scenario);
  await compare(entries, {
    rounds: options.rounds,
    onStep: (step) => live.step(step),
    onRound: (scores) => draft.replaceAll(scores.flatMap(valuesOf)),
    onFailure: async ({ scenario, subject }, error) => {
      if (subject === reference.name || (await isInterrupted(scope.signal))) throw error;
      leaveOut(session, `${scenario}: ${subject}`, error.message);
    },
  });
}

/** With the reference, which comes first, in the middle: so none is far from it in time. */
function aroundReference<T>([first, ...others]: readonly T[]): T[] {
  const half = others.length >> 1;
  return [...others.slice(0, half), ...(first ? [first] : []), ...others.slice(half)];
}

function entryOf({ scenario, load }: Scene, { variant, dut, run }: Ready): Entry {
  return { scenario: scenario.name, subject: variant.name, load, dut, run };
}
