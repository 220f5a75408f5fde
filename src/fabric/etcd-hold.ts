interface Held {
  keys: Set<string>;
  timer: NodeJS.Timeout;
}

/**
 * Nodes whose entries the store lost in a time of trouble. When a store was away for longer than
 * the leases, or has lost its data, it comes back without the entries of nodes that are well; they
 * write them again as soon as they are connected. Until then what was known of them is kept, as
 * long as that of a dead node: one lease.
 */
export class Hold {
  readonly #limitMs: number;
  readonly #drop: (keys: ReadonlySet<string>) => void;
  readonly #held = new Map<string, Held>();

  /** @param drop is called with the keys that did not come back in time */
  constructor(limitMs: number, drop: (keys: ReadonlySet<string>) => void) {
    this.#limitMs = limitMs;
    this.#drop = drop;
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
    const end = () => {
      const keys = this.#held.get(node)?.keys ?? new Set();
      this.#held.delete(node);
      this.#drop(keys);
    };
    const held = { keys: new Set<string>(), timer: setTimeout(end, this.#limitMs) };
    this.#held.set(node, held);
    return held;
  }
}
