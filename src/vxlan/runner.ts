/** What failed is tried again after this long, then after twice as long each time. */
const RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;

export interface Work {
  /** Does all that is pending now. @returns false when some of it has to be tried again */
  run(): Promise<boolean>;
  /** Something has come while run() was busy. */
  isPending(): boolean;
  /** Makes pending what has to be tried again. */
  retry(): void;
  failed(error: Error): void;
}

/** Runs work one time after the other, each time for all that has come since the event loop was idle. */
export class Runner {
  readonly #work: Work;
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #delay = RETRY_MS;
  #stopped = false;

  constructor(work: Work) {
    this.#work = work;
  }

  schedule(): void {
    if (!this.#stopped && !this.#running) this.#begin(() => this.#work.run());
  }

  /** Runs something else first, alone. */
  async first(run: () => Promise<boolean>): Promise<void> {
    this.#begin(run);
    await this.idle();
  }

  /** Resolves when nothing runs and nothing is pending, but for what is tried again later. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Begins nothing any more, and waits for what runs. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.idle();
    if (this.#timer) clearTimeout(this.#timer);
  }

  #begin(run: () => Promise<boolean>): void {
    this.#running = new Promise<void>((resolve) => setImmediate(resolve)).then(run).then(
      (isDone) => this.#ended(isDone),
      (error: Error) => this.#threw(error),
    );
  }

  /** What has come meanwhile is done at once, but what throws each time has to wait. */
  #threw(error: Error): void {
    const isFirst = this.#timer === null;
    this.#running = null;
    this.#work.failed(error);
    this.#retryLater();
    if (isFirst && this.#work.isPending()) this.schedule();
  }

  #ended(isDone: boolean): void {
    this.#running = null;
    if (isDone) this.#delay = RETRY_MS;
    else this.#retryLater();
    if (this.#work.isPending()) this.schedule();
  }

  #retryLater(): void {
    if (this.#timer || this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#delay = Math.min(2 * this.#delay, MAX_RETRY_MS);
      this.#work.retry();
      this.schedule();
    }, this.#delay);
  }
}
