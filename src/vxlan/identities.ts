import type { Accepted } from "./accept.ts";
import { Claims } from "./claims.ts";
import type { Identity } from "./desired.ts";
import type { Facts } from "./tables.ts";

type Values = ReadonlyMap<string, string>;
type Kind = keyof Identity;

const KINDS = ["addresses", "macs"] as const;
const WHAT = { addresses: "VTEP address", macs: "MAC" } as const;

const keyOf = (scope: string, value: string): string => `${scope} ${value}`;

/** What a node wants to be reached by; its MAC counts in routed networks only. */
function wanted(kind: Kind, { addresses, networks }: Accepted): Values {
  if (kind === "addresses") return addresses;
  const macs = [...networks].map(([name, { mac }]) => [name, mac] as const);
  return new Map(macs.filter(([, mac]) => mac !== ""));
}

/**
 * Who has which VTEP address, and which MAC in a routed network. They belong to one node: that
 * which was known with them first. Another that claims them goes on with what it had before, as
 * long as nobody claims that.
 */
export class Identities {
  /** Keys are "<our VTEP> <address>" and "<network> <MAC>". */
  readonly claims: Readonly<Record<Kind, Claims>> = {
    addresses: new Claims("first"),
    macs: new Claims("first"),
  };
  readonly #own: string;
  /** Which node is reached by what. */
  readonly #inUse = { addresses: new Map<string, string>(), macs: new Map<string, string>() };
  #ours: Record<Kind, Values> = { addresses: new Map(), macs: new Map() };

  constructor(own: string) {
    this.#own = own;
  }

  /** Node that is reached by an address of a VTEP. */
  nodeAt(vtep: string, address: string): string | undefined {
    return this.#inUse.addresses.get(keyOf(vtep, address));
  }

  /** What is ours is nobody else's, whoever was first. @returns the nodes that this concerns */
  setOwn({ vteps, networks }: Facts): Set<string> {
    const affected = new Set<string>();
    const addresses = [...vteps.values()].flatMap(({ name, address4, address6 }) =>
      [address4, address6].filter(Boolean).map((address) => keyOf(name, address)),
    );
    const macs = [...networks.values()]
      .filter(({ kind }) => kind === "routed")
      .map(({ name, mac }) => keyOf(name, mac));
    const ours = { addresses, macs };
    for (const kind of KINDS) {
      for (const key of this.#ours[kind].keys()) this.#drop(kind, key, this.#own, affected);
      for (const key of ours[kind]) {
        this.claims[kind].set(key, this.#own);
        this.claims[kind].prefer(key, this.#own);
        this.#touch(kind, key, affected);
      }
      this.#ours[kind] = new Map(ours[kind].map((key) => [key, ""]));
    }
    return affected;
  }

  /** Replaces the claims of a node. @param affected gets the nodes that this concerns */
  claim(node: string, before: Accepted, after: Accepted, affected: Set<string>): void {
    for (const kind of KINDS) {
      const now = wanted(kind, after);
      for (const [scope, value] of wanted(kind, before)) {
        if (now.get(scope) !== value) this.#drop(kind, keyOf(scope, value), node, affected);
      }
      for (const [scope, value] of now) {
        const key = keyOf(scope, value);
        if (this.claims[kind].set(key, node)) this.#touch(kind, key, affected);
      }
    }
  }

  /** What a node is reached by now. @param before what it was reached by until now */
  resolve(
    node: string,
    accepted: Accepted,
    before: Identity,
  ): { identity: Identity; problems: string[] } {
    const problems: string[] = [];
    this.release(node, before);
    const pick = (kind: Kind) => this.#pick(kind, node, accepted, before, problems);
    const identity = { addresses: pick("addresses"), macs: pick("macs") };
    for (const kind of KINDS) {
      for (const [scope, value] of identity[kind]) {
        this.#inUse[kind].set(keyOf(scope, value), node);
      }
    }
    return { identity, problems };
  }

  release(node: string, identity: Identity): void {
    for (const kind of KINDS) {
      for (const [scope, value] of identity[kind]) {
        const key = keyOf(scope, value);
        if (this.#inUse[kind].get(key) === node) this.#inUse[kind].delete(key);
      }
    }
  }

  #pick(
    kind: Kind,
    node: string,
    accepted: Accepted,
    before: Identity,
    problems: string[],
  ): Map<string, string> {
    const picked = new Map<string, string>();
    const claims = this.claims[kind];
    const isFree = (scope: string, value: string) =>
      (claims.winner(keyOf(scope, value))?.node ?? node) === node;
    for (const [scope, value] of wanted(kind, accepted)) {
      const known = before[kind].get(scope);
      if (isFree(scope, value)) picked.set(scope, value);
      else {
        const winner = claims.winner(keyOf(scope, value))?.node;
        problems.push(`${WHAT[kind]} ${value} of ${scope} is that of node ${winner}`);
        if (known !== undefined && isFree(scope, known)) picked.set(scope, known);
      }
    }
    return picked;
  }

  #drop(kind: Kind, key: string, node: string, affected: Set<string>): void {
    this.#touch(kind, key, affected);
    this.claims[kind].drop(key, node);
  }

  /** Whoever wants it, and who has it without claiming it. */
  #touch(kind: Kind, key: string, affected: Set<string>): void {
    const user = this.#inUse[kind].get(key);
    if (user !== undefined) affected.add(user);
    for (const { node } of this.claims[kind].of(key)) affected.add(node);
  }
}
