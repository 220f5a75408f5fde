import { type FSWatcher, mkdirSync, readdirSync, watch } from "node:fs";
import type { AttachmentId } from "../../cni/attacher.ts";
import { isSetAside, isSpooled, listSpool, sweepUnfinished } from "./spool-file.ts";
import { type Deliver, type SpoolOptions, SpoolReplay } from "./spool-replay.ts";
import type { SpoolView } from "./view.ts";

const AT_ONCE = 8;

/**
 * The DELs that came while no agent listened. What is there is replayed at the start, what comes
 * later as soon as it is seen, and what fails again and again until it works. A DEL never hits an
 * attachment that is newer: ADD waits for those of its own attachment, and one that appears after
 * that is compared with the moment of the ADD.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #replay: SpoolReplay;
  #problem = "";
  #watcher: FSWatcher | null = null;
  #unwatched = false;
  #timer: NodeJS.Timeout | null = null;
  #sweeping: Promise<void> | null = null;
  #wanted: "nothing" | "new" | "all" = "nothing";
  #stopped = false;

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#replay = new SpoolReplay(options);
  }

  /** Replays what comes from now on, and every `seconds` what could not be replayed before. */
  start(seconds: number): void {
    this.#watch();
    this.#timer = setInterval(() => {
      if (!this.#watcher) this.#watch();
      void this.drain();
    }, seconds * 1000).unref();
  }

  /** Replays all that is there, failed ones again. Never rejects: what fails stays. */
  drain(): Promise<void> {
    return this.#want("all");
  }

  /** Has what is replayed from now on served by another. */
  deliverBy(deliver: Deliver): void {
    this.#replay.deliverBy(deliver);
  }

  /** Runs an ADD once the DELs of its attachment are done. @throws CniError 11 when they cannot be */
  beforeAdd<T>(id: AttachmentId, add: () => Promise<T>): Promise<T> {
    return this.#replay.beforeAdd(id, add);
  }

  /** Runs other work on an attachment after the ADDs and DELs that came before. */
  inOrder<T>(id: AttachmentId, work: () => Promise<T>): Promise<T> {
    return this.#replay.inOrder(id, work);
  }

  view(): SpoolView {
    const { dir } = this.#options;
    const names = namesIn(dir);
    const unusable = names.filter(isSetAside).length;
    return { path: dir, waiting: names.filter(isSpooled).length, unusable, problem: this.#problem };
  }

  /** Waits for what is being replayed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearInterval(this.#timer);
    this.#unwatch();
    await this.#sweeping;
  }

  #watch(): void {
    const { dir, log } = this.#options;
    try {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      this.#watcher = watch(dir, { persistent: false }, () => void this.#want("new"));
      this.#watcher.on("error", () => this.#unwatch());
    } catch (error) {
      // The timer looks into it all the same, so once is enough.
      if (!this.#unwatched) log.warn({ dir, err: error }, "the spool cannot be watched");
      this.#unwatched = true;
    }
  }

  // The next turn of the timer watches again.
  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  #want(what: "new" | "all"): Promise<void> {
    if (this.#wanted !== "all") this.#wanted = what;
    this.#sweeping ??= this.#sweepAll().finally(() => {
      this.#sweeping = null;
    });
    return this.#sweeping;
  }

  async #sweepAll(): Promise<void> {
    while (this.#wanted !== "nothing" && !this.#stopped) {
      const wanted = this.#wanted;
      this.#wanted = "nothing";
      await this.#sweep(wanted).then(
        () => this.#say(""),
        (error: Error) => this.#say(`spool: ${error.message}`),
      );
    }
  }

  async #sweep(wanted: "new" | "all"): Promise<void> {
    const { dir } = this.#options;
    const names = await listSpool(dir);
    if (wanted === "all") {
      this.#replay.tidy(names);
      await sweepUnfinished(dir, names);
    }
    const again = (name: string) => wanted === "all" || !this.#replay.hasFailed(name);
    const todo = names.filter((name) => isSpooled(name) && again(name)).values();
    const work = async () => {
      for (const name of todo) if (!this.#stopped) await this.#replay.run(name);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  #say(problem: string): void {
    if (problem !== "" && problem !== this.#problem) this.#options.log.error(problem);
    this.#problem = problem;
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
