import { covers, overlaps, type Prefix, parsePrefix } from "../networks/ip.ts";
import { ForwardingError } from "./forwarding-error.ts";
import type { Leak, TableNetwork } from "./forwarding-model.ts";

/**
 * The way on which a new leak would lead packets back to where they came from, as names of
 * networks; null when there is none. Two networks may leak their own pods' prefixes to each other,
 * and one may leak its default route to a network that leaks the pods back: for the addresses of
 * its own pods a network never asks another one.
 */
export function leakLoop(
  networks: readonly TableNetwork[],
  leaks: readonly Leak[],
  { from, to, prefix }: Leak,
): string[] | null {
  const own = new Map(networks.map(({ name, prefixes }) => [name, prefixes.map(parsePrefix)]));
  const parsed = leaks.map((leak) => ({ ...leak, region: parsePrefix(leak.prefix) }));
  const decidedByItself = (way: string[], region: Prefix) =>
    way.some((name) => own.get(name)?.some((prefix) => covers(prefix, region)));

  const search = (way: string[], region: Prefix): string[] | null => {
    const at = way.at(-1) ?? from;
    if (at === from) return decidedByItself(way, region) ? null : [from, ...way];
    for (const next of parsed) {
      if (next.from !== at || way.slice(0, -1).includes(at)) continue;
      if (!overlaps(next.region, region)) continue;
      const narrower = next.region.length > region.length ? next.region : region;
      const found = search([...way, next.to], narrower);
      if (found) return found;
    }
    return null;
  };
  return to === from ? [from, to] : search([to], parsePrefix(prefix));
}

/**
 * With the same addresses on both sides nobody knows whom an answer is for.
 * @throws ForwardingError
 */
export function checkApart(from: TableNetwork, to: TableNetwork, key: string): void {
  if (to.name === from.name) return;
  for (const theirs of to.prefixes) {
    const own = from.prefixes.find((one) => overlaps(parsePrefix(one), parsePrefix(theirs)));
    if (own === undefined) continue;
    const reason = `its node prefix ${theirs} overlaps ${own} of this network, so the way back is unknown`;
    const remedy = "name a network whose node prefixes do not overlap this one's";
    throw new ForwardingError({ key, value: to.name, reason, remedy });
  }
}
