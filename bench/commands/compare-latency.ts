import { compare, type Entry } from "../methods/compare.ts";
import { repeatDoubtful } from "../methods/doubt.ts";
import { rateText } from "../methods/step.ts";
import { throughput } from "../methods/throughput.ts";
import { type Contestant, inScenarios } from "./contestants.ts";
import type { Value } from "./draft.ts";
import { delaysOf, foundRate } from "./latency-values.ts";
import { atShare } from "./metrics.ts";
import { decides } from "./rfc2544.ts";
import type { Session } from "./session.ts";
import { fastestPlacement, placed } from "./study.ts";

/** What 100 % is: what the device itself carries, or what the slowest of them does. */
export const rateBases = ["own", "common"] as const;
export type RateBase = (typeof rateBases)[number];

export interface LatencyOptions {
  rates: RateBase;
  rounds: number;
  repeats: number;
  /** Told why a device leaves; the others go on. Throws to end them all. */
  onFailure: (entry: Entry, error: Error) => Promise<void>;
}

/** An empty device, a busy one, and one with little to spare. */
const shares = [0.1, 0.5, 0.9];

/** A device whose throughput is known. */
export interface Rated {
  one: Contestant;
  placement: string;
  /** Frames per second, PDR. */
  found: number;
}

/**
 * Delays of devices side by side at shares of their throughput, RFC 2544 section 26.2. All
 * throughputs are looked for first; then devices and shares take turns, round by round.
 */
export async function compareLatency(
  session: Session,
  all: readonly Contestant[],
  options: LatencyOptions,
): Promise<void> {
  const { draft, live } = session;
  const rated: Rated[] = [];
  for (const one of all) {
    const found = await rate(session, one, options.repeats).catch((error: Error) =>
      options.onFailure(one, error),
    );
    if (found) rated.push(found);
  }
  const bases = rated.map((each) => ({ ...each, base: baseOf(each, rated, options.rates) }));
  const entries = bases.flatMap(({ one, placement, base }) =>
    shares.map((share) => atLoad(session, one, placement, share, base)),
  );
  const known: Value[] = rated.map(foundRate);
  await compare(inScenarios(entries), {
    rounds: options.rounds,
    onStep: (step) => live.step(step),
    onRound: (scores) => draft.replaceAll([...known, ...scores.flatMap(delaysOf)]),
    onFailure: options.onFailure,
  });
}

/** @throws Error when it loses frames at any rate */
async function rate(session: Session, one: Contestant, repeats: number): Promise<Rated> {
  const { live } = session;
  const { load, dut, once, scenario, subject } = one;
  const placement = await fastestPlacement(session, { subject, load, dut, run: once });
  live.part(`${scenario}: ${subject}`);
  const run = repeatDoubtful(placed({ dut, run: once }, placement), {
    ...{ times: repeats, pauseMs: 1000, matters: decides },
  });
  const lengths = { seconds: load.seconds, finalSeconds: load.seconds };
  const onStep = live.step.bind(live);
  const { pdr } = await throughput(run, { traffic: load, onStep, ...lengths });
  live.part("");
  if (pdr.lower === 0) throw new Error("it loses frames at any rate, so there is none for delays");
  return { one, placement, found: pdr.lower };
}

/** Frames per second that are 100 %. */
export function baseOf({ one, found }: Rated, all: readonly Rated[], rates: RateBase): number {
  if (rates === "own") return found;
  const alike = all.filter((each) => each.one.scenario === one.scenario);
  return Math.min(...alike.map((each) => each.found));
}

function atLoad(
  { draft }: Session,
  { scene, subject, load, dut, run }: Contestant,
  placement: string,
  share: number,
  base: number,
): Entry {
  const scenario = atShare(scene, share);
  draft.addScenario(scenario);
  draft.note(`${scene.name}: ${subject}: 100 % are ${rateText(base)}`);
  return {
    ...{ scenario: scenario.name, subject, run, load: { ...load, rate: base * share } },
    dut: { placements: () => [placement], prepare: dut.prepare, rest: dut.rest },
  };
}
