import { closeSync, constants, openSync, readSync } from "node:fs";

/** Page pools and devices that the kernel cannot free say so, again and again. */
const stalled = /page_pool_release_retry\(\) stalled|unregister_netdevice: waiting for/;
const longestRecord = 8192;

/** The kernel's log from now on: dev-kmsg in its admin guide. */
export class KernelLog implements Disposable {
  readonly #file: number | null;
  #stalled = 0;

  constructor() {
    this.#file = openLog();
    this.#read(() => {});
  }

  /** Complaints so far; null where the log cannot be read. */
  stalledReleases(): number | null {
    if (this.#file === null) return null;
    this.#read((record) => {
      if (stalled.test(record)) this.#stalled++;
    });
    return this.#stalled;
  }

  [Symbol.dispose](): void {
    if (this.#file !== null) closeSync(this.#file);
  }

  #read(take: (record: string) => void): void {
    const buffer = Buffer.alloc(longestRecord);
    for (let record = this.#next(buffer); record !== null; record = this.#next(buffer)) {
      take(record);
    }
  }

  /** Null when there is none yet. */
  #next(buffer: Buffer): string | null {
    if (this.#file === null) return null;
    try {
      return buffer.toString("utf8", 0, readSync(this.#file, buffer));
    } catch (error) {
      // Records that were overwritten before we came: the next one is the oldest left.
      return (error as NodeJS.ErrnoException).code === "EPIPE" ? "" : null;
    }
  }
}

function openLog(): number | null {
  try {
    return openSync("/dev/kmsg", constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
}
