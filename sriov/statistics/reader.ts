import { setTimeout as delay } from "node:timers/promises";
import type { Bdf, VfCounts } from "../types.ts";
import { said } from "../vf/errors.ts";
import { type CountedVf, type CountingKernel, PfReader } from "./pf-reader.ts";
import { VfTotals } from "./totals.ts";

/** What was counted when it was last read. */
export interface VfReadings {
  /** By VF; without those that nobody counts for. They never decrease. */
  totals: ReadonlyMap<Bdf, VfCounts>;
  /** By PF: readings that failed or were not done in time, since the start. */
  failures: ReadonlyMap<Bdf, number>;
}

export interface StatisticsLog {
  warn(fields: object, text: string): void;
}

export interface VfReaderOptions {
  /** Not one that has PFs wait for their turn: reading changes nothing. */
  kernel: CountingKernel;
  log: StatisticsLog;
  /** How long a reading waits for its PFs, in milliseconds. */
  limitMs?: number;
}

/** Below the second that whoever reads metrics waits at most. */
const LIMIT_MS = 700;

/** Reads the statistics of all VFs. A PF that fails or hangs holds up no other. */
export class VfReader {
  readonly #totals = new VfTotals();
  readonly #pfs: PfReader;
  readonly #log: StatisticsLog;
  readonly #limitMs: number;
  /** PFs that are being read, also those of rounds that went on without them. */
  readonly #reading = new Map<Bdf, Promise<void>>();
  readonly #failures = new Map<Bdf, number>();
  /** What was said last of a PF, so that it is not said again. */
  readonly #said = new Map<Bdf, string>();

  constructor({ kernel, log, limitMs = LIMIT_MS }: VfReaderOptions) {
    this.#pfs = new PfReader(kernel, this.#totals);
    this.#log = log;
    this.#limitMs = limitMs;
  }

  /**
   * Asks every PF at once and waits until all have answered or the time is over. What could not be
   * read is as it was, and what comes later counts the next time. Never rejects.
   */
  async read(vfs: readonly CountedVf[]): Promise<VfReadings> {
    const byPf = [...Map.groupBy(vfs, ({ pf }) => pf)];
    const readings = byPf.map(([pf, own]) => this.#readOnce(pf, own));
    await atMost(this.#limitMs, Promise.all(readings));
    for (const [pf] of byPf) {
      if (this.#reading.has(pf)) this.#failed(pf, `no answer within ${this.#limitMs} ms`);
    }
    return { totals: this.#totals.all(), failures: new Map(this.#failures) };
  }

  /** A PF that hangs is not asked again before it has answered: each question costs a thread. */
  #readOnce(pf: Bdf, vfs: readonly CountedVf[]): Promise<void> {
    const reading =
      this.#reading.get(pf) ??
      this.#pfs
        .read(vfs)
        .then(
          () => void this.#said.delete(pf),
          (error) => this.#failed(pf, said(error)),
        )
        .finally(() => this.#reading.delete(pf));
    this.#reading.set(pf, reading);
    return reading;
  }

  #failed(pf: Bdf, reason: string): void {
    this.#failures.set(pf, (this.#failures.get(pf) ?? 0) + 1);
    if (this.#said.get(pf) === reason) return;
    this.#said.set(pf, reason);
    this.#log.warn({ pf, reason }, "not all counters of a PF's VFs could be read");
  }
}

async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const over = delay(milliseconds, undefined, { signal: done.signal });
  await Promise.race([work, over]);
  done.abort();
}
