import { mostTemplates } from "./limits.ts";
import type { SizeShare } from "./types.ts";

/** One frame of the loop. */
export interface Turn {
  flow: number;
  /** With FCS. */
  bytes: number;
}

/**
 * The order of flows and sizes in one turn of the loop. Sizes have exactly their shares, spread out
 * instead of one after the other. Every flow comes in every size, as often as the shares say; where
 * that would take too many frames, each flow keeps the size it got, and a few flows come twice to
 * keep the shares exact.
 * @param flows from 1
 * @throws Error when even that takes too many frames
 */
export function playOrder(flows: number, sizes: readonly SizeShare[]): Turn[] {
  const cycle = spreadSizes(sizes);
  const step = scatteringStep(flows);
  const all = flows * cycle.length;
  const met = all <= mostTemplates;
  const turns = met ? all : Math.ceil(flows / cycle.length) * cycle.length;
  if (turns > mostTemplates) throw tooMany(flows, cycle.length, turns);
  // After this many frames both start anew; shifted by a flow, they meet others.
  const round = all / gcd(flows, cycle.length);
  return Array.from({ length: turns }, (_, turn) => ({
    flow: ((turn + Math.floor(turn / round)) * step) % flows,
    bytes: cycle[turn % cycle.length] as number,
  }));
}

/**
 * One cycle of sizes, each as often as its weight says and as evenly as can be: the size that is
 * furthest behind its share is next.
 */
export function spreadSizes(sizes: readonly SizeShare[]): number[] {
  const divisor = sizes.reduce((all, { weight }) => gcd(all, weight), 0);
  const length = sizes.reduce((sum, { weight }) => sum + weight, 0) / divisor;
  const shares = sizes.map((size) => ({ ...size, weight: size.weight / divisor, owed: 0 }));
  return Array.from({ length }, () => {
    for (const share of shares) share.owed += share.weight;
    const next = shares.reduce((a, b) => (b.owed > a.owed ? b : a));
    next.owed -= length;
    return next.bytes;
  });
}

/**
 * Step by which all flows are visited, each once, with consecutive ones far apart in any table: near
 * the golden section of their number, and coprime to it.
 */
function scatteringStep(flows: number): number {
  let step = Math.max(1, Math.round(flows * 0.618));
  while (gcd(step, flows) !== 1) step++;
  return step;
}

export function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function tooMany(flows: number, cycle: number, turns: number): Error {
  const what = `${flows} flows in a mix of ${cycle} frames take ${turns} templates`;
  return new Error(`${what}; at most ${mostTemplates}: use fewer flows or smaller weights`);
}
