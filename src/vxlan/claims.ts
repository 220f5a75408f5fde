/** One node's wish for an entry. */
export interface Claim {
  readonly node: string;
  value: string;
  /** Who comes after it. */
  next: Claim | null;
}

/**
 * Who wants which entry of a table. Where several nodes want the same, one of them has it: the
 * newest (a station has moved there) or the first (nobody takes a VTEP's address from it).
 */
export class Claims {
  readonly #winner: "newest" | "first";
  /** The winner is the head of its list. */
  readonly #claims = new Map<string, Claim>();
  readonly #contested = new Set<string>();
  #version = 0;

  constructor(winner: "newest" | "first") {
    this.#winner = winner;
  }

  /** Another one whenever a node has got a claim or lost one. */
  get version(): number {
    return this.#version;
  }

  keys(): MapIterator<string> {
    return this.#claims.keys();
  }

  winner(key: string): Claim | undefined {
    return this.#claims.get(key);
  }

  /** Keys that more than one node wants. */
  get contested(): ReadonlySet<string> {
    return this.#contested;
  }

  /** The winner first. */
  of(key: string): Claim[] {
    const all: Claim[] = [];
    for (let one = this.#claims.get(key) ?? null; one; one = one.next) all.push(one);
    return all;
  }

  /** A claim that the node has already keeps its place. @returns whether it is a new one */
  set(key: string, node: string, value = ""): boolean {
    let last: Claim | null = null;
    for (let one = this.#claims.get(key) ?? null; one; one = one.next) {
      if (one.node === node) {
        one.value = value;
        return false;
      }
      last = one;
    }
    this.#version++;
    const claim: Claim = { node, value, next: null };
    if (last) this.#contested.add(key);
    if (last && this.#winner === "first") last.next = claim;
    else this.#put(key, claim);
    return true;
  }

  drop(key: string, node: string): void {
    const rest = this.of(key).filter((one) => one.node !== node);
    this.#relink(key, rest);
  }

  /** Lets a node win that has a claim. */
  prefer(key: string, node: string): void {
    const all = this.of(key);
    const chosen = all.filter((one) => one.node === node);
    this.#relink(key, [...chosen, ...all.filter((one) => one.node !== node)]);
  }

  #put(key: string, claim: Claim): void {
    claim.next = this.#claims.get(key) ?? null;
    this.#claims.set(key, claim);
  }

  #relink(key: string, claims: readonly Claim[]): void {
    this.#version++;
    for (const [i, claim] of claims.entries()) claim.next = claims[i + 1] ?? null;
    const [head] = claims;
    if (head) this.#claims.set(key, head);
    else this.#claims.delete(key);
    if (claims.length < 2) this.#contested.delete(key);
  }
}
