import type { FabricEndpoint, FabricNetwork } from "../fabric/fabric.ts";
import { insideOwn, type Nested } from "./prefixes.ts";
import { readAddress, readPrefix, readStation } from "./read.ts";
import type { OverlayNetwork } from "./tables.ts";

/** What makes sense of one network of a node; everything in canonical form. */
export interface AcceptedNetwork {
  /** Of the VTEP; "" in a bridged network and for a node that has never told a good one. */
  readonly mac: string;
  readonly prefixes: readonly string[];
  /** Prefixes that are not taken, as they are inside ours. */
  readonly refused: readonly Nested[];
  readonly endpoints: readonly FabricEndpoint[];
}

/**
 * Reads one network of a node. If a part of it makes no sense, what the node had before stays
 * beside the parts that do. Of an endpoint that can be told by its MAC, only what that one had.
 */
export function acceptNetwork(
  told: FabricNetwork,
  before: AcceptedNetwork | undefined,
  network: OverlayNetwork,
): { accepted: AcceptedNetwork; problems: string[] } {
  const problems: string[] = [];
  if (network.kind === "bridged") {
    if (told.prefixes.length > 0) problems.push("has prefixes, but the network is bridged here");
    const endpoints = stations(told.endpoints, before, problems);
    return { accepted: { mac: "", prefixes: [], refused: [], endpoints }, problems };
  }
  const mac = readStation(told.mac) ?? before?.mac ?? "";
  const leads = told.prefixes.length + told.endpoints.length > 0;
  if (leads && readStation(told.mac) === null) {
    problems.push(`mac = ${JSON.stringify(told.mac)} is not that of a VTEP`);
  }
  const all = prefixesOf(told, before, problems);
  const refused = all.flatMap((inner): Nested[] => {
    const outer = insideOwn(network, inner);
    return outer === null ? [] : [{ inner, outer }];
  });
  const prefixes = all.filter((prefix) => !refused.some(({ inner }) => inner === prefix));
  const endpoints = hosts(told.endpoints, before, problems);
  return { accepted: { mac, prefixes, refused, endpoints }, problems };
}

function prefixesOf(
  { prefixes }: FabricNetwork,
  before: AcceptedNetwork | undefined,
  problems: string[],
): string[] {
  const good = new Set<string>();
  let bad = false;
  for (const prefix of prefixes) {
    try {
      good.add(readPrefix(prefix));
    } catch (error) {
      bad = true;
      problems.push(`prefix ${JSON.stringify(prefix)}: ${(error as Error).message}`);
    }
  }
  return [...good.union(new Set(bad ? before?.prefixes : []))];
}

/** Endpoints of a bridged network: each has a MAC. */
function stations(
  told: readonly FabricEndpoint[],
  before: AcceptedNetwork | undefined,
  problems: string[],
): FabricEndpoint[] {
  return read(told, before, problems, (endpoint) => {
    const mac = readStation(endpoint.mac);
    if (mac === null) problems.push(`endpoint ${JSON.stringify(endpoint.mac)} is no MAC address`);
    return mac;
  });
}

/** Endpoints of a routed network, where only the addresses count. */
function hosts(
  told: readonly FabricEndpoint[],
  before: AcceptedNetwork | undefined,
  problems: string[],
): FabricEndpoint[] {
  return read(told, before, problems, ({ mac }) => readStation(mac) ?? "");
}

function read(
  told: readonly FabricEndpoint[],
  before: AcceptedNetwork | undefined,
  problems: string[],
  macOf: (endpoint: FabricEndpoint) => string | null,
): FabricEndpoint[] {
  const good: FabricEndpoint[] = [];
  const bad = new Set<string>();
  let isAnybodys = false;
  for (const endpoint of told) {
    const count = problems.length;
    const mac = macOf(endpoint);
    isAnybodys ||= mac === null;
    if (mac === null) continue;
    good.push({ mac, addresses: addressesOf(endpoint, problems) });
    if (problems.length > count) bad.add(mac);
  }
  if (!before) return good;
  const textOf = ({ mac, addresses }: FabricEndpoint) => `${mac} ${addresses.join(" ")}`;
  const again = new Set(good.map(textOf));
  const kept = before.endpoints.filter(
    (one) => (isAnybodys || bad.has(one.mac)) && !again.has(textOf(one)),
  );
  // What comes later wins where both name an address.
  return [...kept, ...good];
}

function addressesOf({ mac, addresses }: FabricEndpoint, problems: string[]): string[] {
  return addresses.flatMap((text) => {
    const address = readAddress(text);
    if (address !== null) return address;
    problems.push(`endpoint ${mac}: ${JSON.stringify(text)} is no address`);
    return [];
  });
}
