interface Held {
  keys: Set<string>;
  timer: NodeJS.Timeout;
}

export interface HoldOptions {
  limitMs: number;
  /** For how long it is still unknown whether keys have come back; 0 when that is known. */
  graceLeftMs(): number;
  /** Called with the keys of a node that did not come back in time. */
  drop(keys: ReadonlySet<string>): void;
}

/**
 * Nodes whose entries the store lost in a time of trouble. When a store was away for longer than
 * the leases, or has lost its data, it comes back without the entries of nodes that are well; they
 * write them again as soon as they are connected. Until then what was known of them is kept, as
 * long as that of a dead node: one lease, and longer while nobody could see them come back.
 */
export class Hold {
  readonly #options: HoldOptions;
  readonly #held = new Map<string, Held>();

  constructor(options: HoldOptions) {
    this.#options = options;
  }

  has(node: string, key: string): boolean {
    return this.#held.get(node)?.keys.has(key) ?? false;
  }

  /** The time counts from the first key of a node. */
  add(node: string, key: string): void {
    const held = this.#held.get(node) ?? this.#start(node);
    held.keys.add(key);
  }

  /** The key is back, or gone for good. */
  release(node: string, key: string): void {
    const held = this.#held.get(node);
    if (!held?.keys.delete(key) || held.keys.size > 0) return;
    clearTimeout(held.timer);
    this.#held.delete(node);
  }

  stop(): void {
    for (const { timer } of this.#held.values()) clearTimeout(timer);
    this.#held.clear();
  }

  #start(node: string): Held {
    const held = { keys: new Set<string>(), timer: this.#endIn(this.#options.limitMs, node) };
    this.#held.set(node, held);
    return held;
  }

  #endIn(ms: number, node: string): NodeJS.Timeout {
    return setTimeout(() => this.#end(node), ms);
  }

  #end(node: string): void {
    const held = this.#held.get(node);
    if (!held) return;
    const graceLeftMs = this.#options.graceLeftMs();
    if (graceLeftMs > 0) {
      held.timer = this.#endIn(graceLeftMs, node);
      return;
    }
    this.#held.delete(node);
    this.#options.drop(held.keys);
  }
}
