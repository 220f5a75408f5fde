import type { FabricNode, FabricVtep } from "../fabric/fabric.ts";
import { type AcceptedNetwork, acceptNetwork } from "./accept-network.ts";
import { chooseNetwork } from "./choose-network.ts";
import { isUnicast, readAddress } from "./read.ts";
import type { Facts, OverlayNetwork, OwnVtep } from "./tables.ts";

/** What makes sense of a node, as far as it concerns this one. */
export interface Accepted {
  /** Where it wants to be reached: its address by the name of our VTEP. */
  readonly addresses: ReadonlyMap<string, string>;
  /** By the name of our network. */
  readonly networks: ReadonlyMap<string, AcceptedNetwork>;
}

export const NOTHING: Accepted = { addresses: new Map(), networks: new Map() };

/**
 * Reads what a driver told of a node. What cannot be used leaves the node with what it had before:
 * a store that is being written must not take a working route away.
 * @param before what was accepted of it the last time
 */
export function accept(
  told: FabricNode,
  before: Accepted,
  facts: Facts,
): { accepted: Accepted; problems: string[] } {
  const problems: string[] = [];
  if (!told.vteps.some(hasAddress)) {
    return { accepted: before, problems: ["none of its VTEPs has an address"] };
  }
  const networks = acceptNetworks(told, before, facts, problems);
  const addresses = acceptAddresses(told, before, facts, problems, networks);
  return { accepted: { addresses, networks }, problems };
}

function acceptNetworks(
  told: FabricNode,
  before: Accepted,
  facts: Facts,
  problems: string[],
): Map<string, AcceptedNetwork> {
  const networks = new Map<string, AcceptedNetwork>();
  for (const [vni, all] of Map.groupBy(told.networks, (one) => one.vni)) {
    for (const network of facts.withVni(vni)) {
      const known = before.networks.get(network.name);
      const here = facts.udpPortOf(network);
      const found = all.filter(({ udpPort }) => udpPort === here);
      if (found.length > 0) {
        const address = addressOf(facts.vteps.get(network.vtep) as OwnVtep, told, before);
        const { chosen, problems: left } = chooseNetwork(found, address);
        const read = acceptNetwork(chosen, known, network);
        networks.set(network.name, read.accepted);
        problems.push(...[...read.problems, ...left].map((problem) => `VNI ${vni}: ${problem}`));
      } else {
        const there = all.map(({ udpPort }) => udpPort).join(" and ");
        problems.push(`VNI ${vni} is on UDP port ${there} there and on ${here} here`);
        if (known) networks.set(network.name, known);
      }
    }
  }
  return networks;
}

function acceptAddresses(
  told: FabricNode,
  before: Accepted,
  { vteps, networks: ours }: Facts,
  problems: string[],
  networks: ReadonlyMap<string, AcceptedNetwork>,
): Map<string, string> {
  const addresses = new Map<string, string>();
  const used = [...networks.keys()].map((name) => (ours.get(name) as OverlayNetwork).vtep);
  for (const own of vteps.values()) {
    const theirs = vtepFor(own, told);
    const isReached = theirs !== undefined && addressFor(own, theirs) !== "";
    if (!isReached && !used.includes(own.name)) continue;
    if (!isReached) problems.push(whyNone(own, theirs));
    const address = addressOf(own, told, before);
    if (address !== "") addresses.set(own.name, address);
  }
  return addresses;
}

const vtepFor = (own: OwnVtep, { vteps }: FabricNode): FabricVtep | undefined =>
  vteps.find(({ udpPort }) => udpPort === own.udpPort);

/** Where our VTEP reaches the node; where it did before, when that cannot be read. */
function addressOf(own: OwnVtep, told: FabricNode, before: Accepted): string {
  const theirs = vtepFor(own, told);
  return (theirs && addressFor(own, theirs)) || (before.addresses.get(own.name) ?? "");
}

/** IPv4 when both have it: its overhead is smaller by 20 bytes. */
function addressFor(own: OwnVtep, theirs: FabricVtep): string {
  if (own.address4 !== "" && isUsable(theirs.address4, 4)) return theirs.address4;
  if (own.address6 === "" || !isUsable(theirs.address6, 6)) return "";
  return readAddress(theirs.address6) ?? "";
}

function whyNone({ name, udpPort, address4, address6 }: OwnVtep, theirs?: FabricVtep): string {
  if (!theirs) return `no VTEP on UDP port ${udpPort}, that of our ${name}`;
  const families = [address4 && "IPv4", address6 && "IPv6"].filter(Boolean).join(" or ");
  return `its VTEP on UDP port ${udpPort} has no ${families} address as our ${name} needs one`;
}

const hasAddress = ({ address4, address6 }: FabricVtep): boolean =>
  isUsable(address4, 4) || isUsable(address6, 6);

function isUsable(text: string, family: 4 | 6): boolean {
  const address = readAddress(text);
  if (address === null || address.includes(":") !== (family === 6)) return false;
  return isUnicast(address);
}
