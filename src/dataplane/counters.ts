import type { CounterLayout } from "./native.ts";

export interface PortCounterValues {
  counters: Record<string, number>;
  /** By drop reason. */
  drops: Record<string, number>;
}

interface Slot {
  name: string;
  index: number;
}

/**
 * The counters that the workers write and everyone may read at any time. The array is shared
 * memory; reading it stops nobody.
 */
export class CounterView {
  readonly array: BigUint64Array<SharedArrayBuffer>;
  readonly #layout: CounterLayout;
  readonly #portSlots: Slot[];
  readonly #dropSlots: Slot[];
  readonly #workerSlots: Slot[];

  constructor(layout: CounterLayout) {
    const entries = layout.slots * (layout.maxPorts + layout.maxWorkers);
    this.array = new BigUint64Array(
      new SharedArrayBuffer(entries * BigUint64Array.BYTES_PER_ELEMENT),
    );
    this.#layout = layout;
    this.#portSlots = slotsFrom(0, layout.port);
    this.#dropSlots = slotsFrom(layout.firstDrop, layout.dropReasons);
    this.#workerSlots = slotsFrom(0, layout.worker);
  }

  port(port: number): PortCounterValues {
    return {
      counters: this.#read(port, this.#portSlots),
      drops: this.#read(port, this.#dropSlots),
    };
  }

  worker(worker: number): Record<string, number> {
    return this.#read(this.#layout.maxPorts + worker, this.#workerSlots);
  }

  #read(block: number, slots: Slot[]): Record<string, number> {
    const base = block * this.#layout.slots;
    return Object.fromEntries(
      // Exact up to 2^53: at 10 Mpps that is 28 years of packets.
      slots.map(({ name, index }) => [name, Number(Atomics.load(this.array, base + index))]),
    );
  }
}

function slotsFrom(first: number, names: readonly string[]): Slot[] {
  return names.map((name, i) => ({ name, index: first + i }));
}
