import { type Address, formatAddress, prefixSize } from "./ip.ts";
import { type Subnet, subnetHolds } from "./subnet.ts";

/** The free addresses of one subnet at one moment. An offset counts from the prefix's first address. */
export class Pool {
  readonly #subnet: Subnet;
  readonly #blocked: ReadonlySet<string>;

  /** @param blocked canonical texts of addresses not to be handed out, of any family */
  constructor(subnet: Subnet, blocked: ReadonlySet<string>) {
    this.#subnet = subnet;
    this.#blocked = blocked;
  }

  offsetOf(address: Address): bigint {
    return address.value - this.#subnet.prefix.base;
  }

  isFree(offset: bigint): boolean {
    const address = this.#at(offset);
    return subnetHolds(this.#subnet, address) && !this.#blocked.has(formatAddress(address));
  }

  /** `preferred` when it is free, else the next free address after offset `after`; null when full. */
  take(preferred: bigint | null, after: bigint): Address | null {
    if (preferred !== null && this.isFree(preferred)) return this.#at(preferred);
    const offset = this.next(after, () => true);
    return offset === null ? null : this.#at(offset);
  }

  /** First free offset after `after`, wrapping round once, that `fits`; null when there is none. */
  next(after: bigint, fits: (offset: bigint) => boolean): bigint | null {
    const size = prefixSize(this.#subnet.prefix);
    for (let step = 1n; step <= size && step <= this.#searchLimit(); step++) {
      const offset = (after + step) % size;
      if (this.isFree(offset) && fits(offset)) return offset;
    }
    return null;
  }

  // At most the blocked addresses of every family and three reserved ones each can stand in the
  // way, so the search ends early in a /64 too.
  #searchLimit(): bigint {
    return BigInt(this.#blocked.size) + 7n;
  }

  #at(offset: bigint): Address {
    const { family, base } = this.#subnet.prefix;
    return { family, value: base + offset };
  }
}
