import type { DeviceSource } from "./device.ts";
import { type WatchCall, WatchStream } from "./watch-stream.ts";

/** The kubelet's ListAndWatch streams. One that knows us has one open, all the time. */
export class WatchStreams {
  readonly #source: DeviceSource;
  readonly #excludeTopology: boolean;
  readonly #open = new Set<WatchStream>();
  readonly #changed: () => void;
  #lastEnd = Number.NEGATIVE_INFINITY;

  /** @param changed called when a stream has been opened or has ended */
  constructor(source: DeviceSource, excludeTopology: boolean, changed: () => void) {
    this.#source = source;
    this.#excludeTopology = excludeTopology;
    this.#changed = changed;
  }

  get count(): number {
    return this.#open.size;
  }

  /** When the last of them ended, on the clock of performance.now(). */
  get lastEnd(): number {
    return this.#lastEnd;
  }

  serve(call: WatchCall): void {
    const stream: WatchStream = new WatchStream(call, this.#source, this.#excludeTopology, () => {
      this.#open.delete(stream);
      this.#lastEnd = performance.now();
      this.#changed();
    });
    this.#open.add(stream);
    this.#changed();
  }

  endAll(): void {
    for (const stream of [...this.#open]) stream.end();
  }
}
