import { BackOff } from "./back-off.ts";
import type { PluginLog } from "./plugin-log.ts";
import type { PluginSocket } from "./plugin-socket.ts";
import type { WatchStreams } from "./watch-streams.ts";

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5000;
const LAST_GRACE_MS = 60_000;

const NOT_WATCHED = "the kubelet has no ListAndWatch open; it must be 1.26 or newer";

/** One of the ways in which a kubelet learns of a plugin. */
export interface RegistrationWay {
  /** Tells one start of the kubelet from the next; null when none is there. */
  kubelet(): Promise<string | null>;
  /** Said while none is there. */
  absent: string;
  /** It is by our socket appearing that a kubelet learns of us. */
  bySocket: boolean;
  /**
   * Makes the kubelet look at us.
   * @returns what there is to wait for; "" when it knows us
   * @throws Error why it refuses, or cannot be reached
   */
  introduce(signal: AbortSignal): Promise<string>;
  /** How long a kubelet that was told may be without a ListAndWatch before it is told again. */
  graceMs: number;
}

export interface RegistrarParts {
  way: RegistrationWay;
  socket: PluginSocket;
  streams: WatchStreams;
  log: PluginLog;
  /** Has look() called in so many milliseconds. */
  lookIn(ms: number): void;
}

/**
 * Keeps us known to the kubelet. It is told of us when it is a new one, when our socket had to be
 * put in place again, and when it should have a ListAndWatch open but has none: a kubelet drops a
 * plugin that registers anew while its former stream ends.
 */
export class Registrar {
  readonly #parts: RegistrarParts;
  readonly #retry = new BackOff(FIRST_RETRY_MS, LAST_RETRY_MS);
  readonly #grace: BackOff;
  #kubelet: string | null = null;
  #attempt: AbortController | null = null;
  #attempting: Promise<void> = Promise.resolve();
  #introduced = false;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
    this.#grace = new BackOff(parts.way.graceMs, LAST_GRACE_MS);
  }

  /** Does what is due. @throws Error in words when our socket cannot be put in place */
  async look(): Promise<void> {
    const { socket, way, log } = this.#parts;
    // In this order: when a kubelet that starts is seen, it has cleared its directory already.
    const kubelet = await way.kubelet();
    const fresh = !(await socket.inPlace());
    if (fresh) await socket.put();
    if (fresh || kubelet !== this.#kubelet) this.#meet(kubelet);
    if (kubelet === null) log.problem(way.absent);
    else if (this.#isDue()) await this.#begin(fresh);
  }

  /** A ListAndWatch was opened or has ended. */
  streamsChanged(): void {
    if (!this.#introduced) return;
    if (this.#parts.streams.count > 0) this.#content();
    else this.#due(this.#grace.next());
  }

  /** The kubelet says that it will not have us. */
  refused(reason: string): void {
    this.#parts.log.problem(reason);
    this.#introduced = false;
    this.#due(this.#retry.next());
  }

  /** To be called when there are no more looks. */
  async stop(): Promise<void> {
    this.#giveUp();
    await this.#attempting;
  }

  #meet(kubelet: string | null): void {
    this.#giveUp();
    this.#kubelet = kubelet;
    this.#introduced = false;
    this.#retry.reset();
    this.#grace.reset();
    this.#dueAt = performance.now();
  }

  #isDue(): boolean {
    return this.#attempt === null && performance.now() >= this.#dueAt;
  }

  async #begin(fresh: boolean): Promise<void> {
    const { way, socket, log } = this.#parts;
    if (this.#introduced && log.standing.registered) log.problem(NOT_WATCHED);
    if (way.bySocket && !fresh) {
      await socket.remove();
      await socket.put();
    }
    // Looks go on meanwhile: a kubelet that cannot find our socket tries for 10 s before it answers.
    this.#attempting = this.#introduce();
  }

  async #introduce(): Promise<void> {
    const attempt = new AbortController();
    this.#attempt = attempt;
    const outcome = await this.#parts.way.introduce(attempt.signal).catch(asError);
    if (this.#attempt !== attempt) return;
    this.#attempt = null;
    if (outcome instanceof Error) this.refused(outcome.message);
    else this.#expect(outcome);
  }

  #expect(awaited: string): void {
    const { log, streams } = this.#parts;
    if (awaited === "") log.registered();
    else log.problem(awaited);
    this.#introduced = true;
    if (streams.count > 0) this.#content();
    else this.#due(this.#grace.next());
  }

  #giveUp(): void {
    this.#attempt?.abort();
    this.#attempt = null;
  }

  #content(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#retry.reset();
    this.#grace.reset();
  }

  #due(ms: number): void {
    this.#dueAt = performance.now() + ms;
    // A timer may be early by less than a millisecond.
    this.#parts.lookIn(ms + 1);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
