import { setTimeout as delay } from "node:timers/promises";
import type { Scope } from "../../test/harness/scope.ts";
import { innermostIpOffset, stampOffset } from "../frames/layout.ts";
import { fcsBytes } from "../frames/limits.ts";
import { unlessAborted } from "../lib/abort.ts";
import { type Usage, watchUsage } from "../lib/cpu-time.ts";
import { watchBusy } from "./cpu-busy.ts";
import { FrameFiles } from "./frames-file.ts";
import { finishGenerator, type GeneratorOptions, type Sent, startGenerator } from "./generator.ts";
import { latencyOf } from "./latency.ts";
import { type Expected, Sink, type SinkKind, type SinkReading } from "./sink.ts";
import type { Lane, Load, Progress, RunTrial, Trial } from "./types.ts";
import { checkArrival, flagsOf } from "./verdict.ts";
import { followTrial, type Window } from "./window.ts";

/** The sender and its softirq work. */
export const generatorCpu = 0;
/** How long frames may be under way after the last one was sent. */
const drainMs = 50;
/** How long the generator may take to start and to end. */
const patienceMs = 15_000;

export interface TesterOptions {
  /** CPU of the generator (default 0). */
  cpu?: number;
  /** Where frames end (default xdp). */
  sink?: SinkKind;
}

/** What was measured while a trial ran. */
interface Observed {
  sent: Sent;
  seen: SinkReading;
  window: Window;
  busy: number[];
  usage: Usage;
}

/** Generator and sink at the two ends of a lane. */
export class Tester {
  readonly #scope: Scope;
  readonly #lane: Lane;
  readonly #sink: Sink;
  readonly #files: FrameFiles;
  readonly #cpu: number;
  #tag = Math.floor(Math.random() * 0xffff);

  /** Attaches the sink; the scope removes it. @throws Error when the interface cannot be had */
  static async open(scope: Scope, lane: Lane, options: TesterOptions = {}): Promise<Tester> {
    const sink = await Sink.start(lane.rx, options.sink);
    scope.cleanup.use(sink);
    return new Tester(scope, lane, sink, options.cpu ?? generatorCpu);
  }

  private constructor(scope: Scope, lane: Lane, sink: Sink, cpu: number) {
    this.#scope = scope;
    this.#lane = lane;
    this.#sink = sink;
    this.#files = new FrameFiles(scope, lane);
    this.#cpu = cpu;
  }

  /**
   * Runs one trial.
   * @throws Error when no frame arrives, or frames arrive otherwise than the lane says
   */
  readonly run: RunTrial = (load, onProgress) =>
    unlessAborted(this.#run(load, onProgress), this.#scope.signal);

  /**
   * Sends from just before `work` begins until it has ended, for `load.seconds` at most. The
   * generator leaves its CPU to others between short bursts.
   * @throws Error as `work` and `run` do
   */
  async during(load: Load, work: () => Promise<void>): Promise<Trial> {
    const played = { ...(await this.#played(load)), sleeps: true };
    const used = watchUsage();
    await using generator = await startGenerator(this.#lane.tx, load, played);
    const busy = watchBusy();
    await work();
    const busyShares = busy();
    generator.signal("SIGTERM");
    const sent = await finishGenerator(generator, patienceMs);
    const usage = used();
    await delay(drainMs);
    const seen = await this.#sink.read();
    checkArrival(seen, sent, load);
    return trialOf(load, { sent, seen, window: null, busy: busyShares, usage }, this.#cpu);
  }

  async #run(load: Load, onProgress?: (progress: Progress) => void): Promise<Trial> {
    const observed = await this.#observe(load, onProgress);
    checkArrival(observed.seen, observed.sent, load);
    return trialOf(load, observed, this.#cpu);
  }

  async #observe(load: Load, onProgress?: (progress: Progress) => void): Promise<Observed> {
    const played = await this.#played(load);
    const used = watchUsage();
    await using generator = await startGenerator(this.#lane.tx, load, played);
    const busy = watchBusy();
    const window = await followTrial(this.#sink, load, () => generator.running, onProgress);
    const busyShares = busy();
    const sent = await finishGenerator(generator, load.seconds * 1000 + patienceMs);
    const usage = used();
    await delay(drainMs);
    return { sent, seen: await this.#sink.read(), window, busy: busyShares, usage };
  }

  /** What the generator is to play; the sink expects it from here on. */
  async #played(load: Load): Promise<GeneratorOptions> {
    const { capture, frame } = this.#lane;
    const frames = await this.#files.path(load);
    if (capture !== undefined) {
      await this.#sink.expectAnything();
      return { frames, stampAt: 0, tag: 0, cpu: this.#cpu };
    }
    const expected = this.#expected();
    await this.#sink.expect(expected);
    return { frames, stampAt: stampOffset(frame), tag: expected.tag, cpu: this.#cpu };
  }

  #expected(): Expected {
    const { frame, arrival } = this.#lane;
    this.#tag = (this.#tag % 0xffff) + 1;
    return {
      tag: this.#tag,
      stampAt: stampOffset(frame) + arrival.addedBytes,
      ipAt: innermostIpOffset(frame) + arrival.addedBytes,
      ttl: arrival.ttl ?? 0,
    };
  }
}

function trialOf(load: Load, observed: Observed, cpu: number): Trial {
  const { sent, seen, window, usage } = observed;
  const unique = seen.packets - seen.duplicates;
  const receivedPps = window === null ? unique / sent.seconds : windowPps(window);
  const cpuBusy = withoutWaiting(observed.busy, cpu, sent);
  const meanBytes = seen.bytes / Math.max(1, seen.packets) + fcsBytes;
  return {
    load,
    sent: sent.sent,
    received: unique,
    lost: Math.max(0, sent.sent - unique),
    duplicates: seen.duplicates,
    reordered: seen.reordered,
    corrupt: seen.corrupt,
    other: seen.other,
    seconds: sent.seconds,
    offeredPps: sent.sent / sent.seconds,
    receivedPps,
    receivedBps: receivedPps * meanBytes * 8,
    latency: latencyOf(seen.delays),
    cpuBusy,
    cpuNsPerFrame: (withoutOthers(cpuBusy, usage) / receivedPps) * 1e9,
    disturbance: usage.others,
    modes: { tx: sent.mode, rx: seen.mode },
    flags: flagsOf(load, sent, seen, usage.others),
  };
}

/** CPUs busy for the trial: what other programs used is known, and was no work for the device. */
function withoutOthers(busy: readonly number[], { others, stolen }: Usage): number {
  const all = busy.reduce((sum, share) => sum + share, 0);
  return Math.max(0, all - (others - stolen));
}

function windowPps({ first, last }: NonNullable<Window>): number {
  const frames = last.packets - last.duplicates - (first.packets - first.duplicates);
  return frames / (last.seconds - first.seconds);
}

/** A generator that keeps a rate looks at the clock in between: that is no work for the device. */
function withoutWaiting(busy: readonly number[], cpu: number, { idle, seconds }: Sent): number[] {
  return busy.map((share, at) => (at === cpu ? Math.max(0, share - idle / seconds) : share));
}
