import { covers, formatPrefix, type Prefix, parsePrefix } from "../networks/ip.ts";
import { ForwardingError } from "./forwarding-error.ts";
import { findNetwork } from "./forwarding-find.ts";
import { checkApart, leakLoop } from "./forwarding-leaks.ts";
import type { Leak, RouteWish, TableHost, TableNetwork } from "./forwarding-model.ts";
import { resolveNextHop, type Surroundings } from "./forwarding-next-hop.ts";
import { outranks, ownerOf, routesAt } from "./forwarding-present.ts";
import { readPrefix } from "./forwarding-read.ts";
import type { NextHop, RouteChange } from "./native.ts";

/** What the API has made so far, whether the table has it or it still waits. */
export interface KnownRoutes {
  /** @param prefix canonical CIDR */
  has(network: string, prefix: string): boolean;
  /** True when the table has nothing of an entry. */
  waits(network: string, prefix: string): boolean;
  leaks(): readonly Leak[];
}

/** A change that can be made. */
export interface CheckedRoute {
  /** As it was asked for, the prefix in canonical form. */
  wish: RouteWish;
  /** Null when the table is not concerned: an entry that waits is taken back. */
  change: RouteChange | null;
}

/**
 * Checks a whole batch against networks, ports and table; changes nothing.
 * @throws ForwardingError for the first change that cannot be made
 */
export async function checkRoutes(
  host: TableHost,
  name: string,
  wishes: readonly RouteWish[],
  known: KnownRoutes,
): Promise<{ network: TableNetwork; checked: CheckedRoute[] }> {
  const network = findNetwork(host, name, "routed");
  const ports = host.ports().filter((port) => port.network === name);
  const batch = wishes.map((wish, i) => readWish(wish, `changes[${i}]`));
  checkOnce(batch);
  const leaks = [...known.leaks(), ...host.networks().flatMap((one) => one.leaks)];
  const check = new RouteCheck({ host, network, ports }, known, leaks);
  const checked: CheckedRoute[] = [];
  for (const item of batch) checked.push(await check.run(item));
  return { network, checked };
}

interface Item {
  key: string;
  wish: RouteWish;
  prefix: Prefix;
}

function readWish(wish: RouteWish, key: string): Item {
  const prefix = readPrefix(wish.prefix, `${key}.prefix`);
  return { key, prefix, wish: { ...wish, prefix: formatPrefix(prefix) } };
}

function checkOnce(batch: readonly Item[]): void {
  const seen = new Map<string, string>();
  for (const { key, wish } of batch) {
    const first = seen.get(wish.prefix);
    if (first !== undefined) {
      throw new ForwardingError({
        key: `${key}.prefix`,
        value: wish.prefix,
        reason: `${first} changes it as well`,
        remedy: 'name each prefix once, with op "replace" to change what is there',
      });
    }
    seen.set(wish.prefix, key);
  }
}

class RouteCheck {
  readonly #around: Surroundings;
  readonly #known: KnownRoutes;
  /** Those of the batch need not be among them: a way back begins in another network. */
  readonly #leaks: readonly Leak[];

  constructor(around: Surroundings, known: KnownRoutes, leaks: readonly Leak[]) {
    this.#around = around;
    this.#known = known;
    this.#leaks = leaks;
  }

  async run(item: Item): Promise<CheckedRoute> {
    const { wish } = item;
    const present = await this.#checkPresent(item);
    if (wish.op === "del") {
      const change = present ? this.#change(wish, [], 0) : null;
      return { wish, change };
    }
    this.#checkOwnPrefixes(item);
    this.#checkShape(item);
    const leakTo = wish.type === "leak" ? this.#checkLeak(item) : 0;
    return { wish, change: this.#change(wish, await this.#nextHops(item), leakTo) };
  }

  /** Whether the table has a route of ours for the prefix. */
  async #checkPresent({ key, wish }: Item): Promise<boolean> {
    const { host, network } = this.#around;
    const { op, prefix } = wish;
    const ours = this.#known.has(network.name, prefix);
    const { made, foreign } = await routesAt(host, network, prefix);
    const fail = (reason: string, remedy: string) =>
      new ForwardingError({ key: `${key}.prefix`, value: prefix, reason, remedy });
    const hidden = foreign !== null && outranks(foreign);
    // What we have made may always be taken back, whoever has the prefix by now.
    if (op === "del" && ours) {
      return made !== null || (hidden && !this.#known.waits(network.name, prefix));
    }
    const other = ours ? (hidden ? foreign : null) : (foreign ?? made);
    if (other) {
      const { reason, remedy } = ownerOf(other, network);
      throw fail(`network ${network.name} has this route ${reason}`, remedy);
    }
    if (op === "add" && ours) {
      const waiting = made ? "" : " that waits to be applied";
      const remedy = 'use op "replace", or "del" first';
      throw fail(`network ${network.name} has a route for it already${waiting}`, remedy);
    }
    if (op === "del") {
      const remedy = `"millrace routes show --network ${network.name}" lists what is there`;
      throw fail(`network ${network.name} has no route for exactly this prefix`, remedy);
    }
    return made !== null;
  }

  #checkOwnPrefixes({ key, wish, prefix }: Item): void {
    const { network } = this.#around;
    const own = network.prefixes.find((text) => covers(parsePrefix(text), prefix));
    if (own === undefined) return;
    throw new ForwardingError({
      key: `${key}.prefix`,
      value: wish.prefix,
      reason: `inside ${own}, whose addresses are routed to the pods that have them`,
      remedy: "name a prefix outside the node prefixes of the network",
    });
  }

  #checkShape({ key, wish }: Item): void {
    const { type, via, leakTo } = wish;
    const fail = (part: string, value: unknown, reason: string, remedy: string) =>
      new ForwardingError({ key: `${key}.${part}`, value, reason, remedy });
    if (type === "unicast" && via.length === 0) {
      throw fail("via", [], "a route needs a next hop", "name one, or another type of route");
    }
    if (type !== "unicast" && via.length > 0) {
      throw fail("via", via, `a route of type ${type} has no next hop`, "leave it out");
    }
    if (type !== "leak" && leakTo !== "") {
      throw fail("leakTo", leakTo, `the type is ${type}`, 'leave it out, or name type "leak"');
    }
  }

  #checkLeak({ key, wish }: Item): number {
    const { host, network } = this.#around;
    const at = `${key}.leakTo`;
    const target = findNetwork(host, wish.leakTo, "routed", at);
    const leak = { from: network.name, to: target.name, prefix: wish.prefix };
    checkApart(network, target, at);
    const loop = leakLoop(host.networks(), this.#leaks, leak);
    if (loop) {
      const way = loop.join(" -> ");
      const reason = `packets for ${wish.prefix} would go round in a loop: ${way}`;
      const remedy = "name a network that has the destination, or a narrower prefix";
      throw new ForwardingError({ key: at, value: wish.leakTo, reason, remedy });
    }
    return target.id;
  }

  async #nextHops({ key, wish, prefix }: Item): Promise<NextHop[]> {
    const hops: NextHop[] = [];
    for (const [i, via] of wish.via.entries()) {
      const at = `${key}.via[${i}]`;
      const hop = await resolveNextHop(this.#around, prefix, via, at);
      if (hops.some(({ port, address }) => port === hop.port && address === hop.address)) {
        const reason = "the next hop is named twice";
        const remedy = "name it once, with a weight";
        throw new ForwardingError({ key: at, value: via.address || via.port, reason, remedy });
      }
      hops.push(hop);
    }
    return hops;
  }

  #change(wish: RouteWish, nextHops: NextHop[], leakTo: number): RouteChange {
    const { op, prefix, type, count: counted } = wish;
    return { op, prefix, type, nextHops, leakTo, counted, source: "static" };
  }
}
