import { type FSWatcher, watch } from "node:fs";
import { identityOf } from "./identity.ts";

/** Looks even when nothing was heard: a directory that is made or replaced is not heard of. */
const LOOK_MS = 500;

export interface LookoutOptions {
  directory: string;
  /** File names whose coming and going matters. */
  names: readonly string[];
  look: () => Promise<void>;
  failed: (error: unknown) => void;
}

/**
 * Calls `look` as soon as one of the names comes or goes in the directory, at least every 500 ms,
 * and when told to. One look at a time; what happens meanwhile makes for another one.
 */
export class Lookout {
  readonly #options: LookoutOptions;
  #watcher: FSWatcher | null = null;
  #watched: string | null = null;
  #looking: Promise<void> | null = null;
  #again = false;
  #stopped = false;
  readonly #interval: NodeJS.Timeout;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: LookoutOptions) {
    this.#options = options;
    this.#interval = setInterval(() => void this.now(), LOOK_MS);
  }

  /** @returns when nothing is left to look at */
  now(): Promise<void> {
    this.#again = true;
    this.#looking ??= this.#lookAll();
    return this.#looking;
  }

  /** Looks in so many milliseconds. */
  in(ms: number): void {
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.now();
    }, ms);
    this.#timers.add(timer);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#interval);
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#looking;
    this.#unwatch();
  }

  async #lookAll(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        await this.#watchAnew();
        await this.#options.look();
      } catch (error) {
        this.#options.failed(error);
      }
    }
    this.#looking = null;
  }

  async #watchAnew(): Promise<void> {
    const identity = await identityOf(this.#options.directory);
    if (identity === this.#watched && this.#watcher !== null) return;
    this.#unwatch();
    if (identity === null) return;
    this.#watcher = this.#watch();
    this.#watched = identity;
  }

  /** null: no inotify to be had (its limits are per user); looking all the time must do. */
  #watch(): FSWatcher | null {
    const { directory, names } = this.#options;
    try {
      const watcher = watch(directory, (_event, name) => {
        if (name === null || names.includes(name)) void this.now();
      });
      return watcher.on("error", () => this.#unwatch());
    } catch {
      return null;
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
    this.#watched = null;
  }
}
