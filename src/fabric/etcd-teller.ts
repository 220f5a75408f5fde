import { isDeepStrictEqual } from "node:util";
import type { Logger } from "../telemetry/log.ts";
import type { FabricListener, FabricNode } from "./fabric.ts";

/** Changes of a node within this time are told as one. */
const TICK_MS = 20;

/** The node as it is now; null: there is none; "unreadable": there is, but it makes no sense. */
export type Composed = FabricNode | "unreadable" | null;

/** Tells a listener what has changed, and only that. */
export class Teller {
  readonly #compose: (name: string) => Composed;
  readonly #listener: FabricListener;
  readonly #log: Logger;
  readonly #told = new Map<string, FabricNode>();
  /** Told as such: of them the listener may know something from before. */
  #unreadable: Set<string> = new Set();
  readonly #marked = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(compose: (name: string) => Composed, listener: FabricListener, log: Logger) {
    this.#compose = compose;
    this.#listener = listener;
    this.#log = log;
  }

  /** Nodes that were told and are there. */
  get size(): number {
    return this.#told.size;
  }

  /** The node may have changed; it is looked at in the next tick. */
  mark(name: string): void {
    if (this.#stopped) return;
    this.#marked.add(name);
    this.#timer ??= setTimeout(() => this.flush(), TICK_MS);
  }

  /** Tells what is due now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const names = [...this.#marked];
    this.#marked.clear();
    for (const name of names) this.#look(name);
  }

  synchronised(unreadable: ReadonlySet<string>): void {
    this.flush();
    this.#unreadable = new Set(unreadable);
    if (!this.#stopped) this.#guard(() => this.#listener.synchronised(unreadable));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#marked.clear();
  }

  #look(name: string): void {
    if (this.#stopped) return;
    const before = this.#told.get(name);
    const now = this.#compose(name);
    if (now === "unreadable") return;
    if (now === null) {
      const known = [this.#told.delete(name), this.#unreadable.delete(name)];
      if (known.includes(true)) this.#guard(() => this.#listener.gone(name));
    } else if (!isDeepStrictEqual(before, now)) {
      this.#told.set(name, now);
      this.#guard(() => this.#listener.changed(now));
    }
  }

  /** A listener that fails must not look like a store that fails. */
  #guard(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#log.error({ err: error }, "a change of the fabric could not be applied");
    }
  }
}
