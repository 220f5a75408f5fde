import type { FabricNetwork, FabricNode, FabricVtep } from "../fabric/fabric.ts";
import { type AcceptedNetwork, acceptNetwork } from "./accept-network.ts";
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
  for (const one of told.networks) {
    for (const network of facts.withVni(one.vni)) {
      const known = before.networks.get(network.name);
      const here = facts.udpPortOf(network);
      if (one.udpPort === here) {
        const read = acceptNetwork(one, known, network);
        networks.set(network.name, read.accepted);
        problems.push(...read.problems.map((problem) => `VNI ${one.vni}: ${problem}`));
      } else if (!isOn(told, one.vni, here)) {
        problems.push(`VNI ${one.vni} is on UDP port ${one.udpPort} there and on ${here} here`);
        if (known) networks.set(network.name, known);
      }
    }
  }
  return networks;
}

const isOn = ({ networks }: FabricNode, vni: number, udpPort: number) =>
  networks.some((one: FabricNetwork) => one.vni === vni && one.udpPort === udpPort);

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
    const theirs = told.vteps.find(({ udpPort }) => udpPort === own.udpPort);
    const address = theirs ? addressFor(own, theirs) : "";
    if (address !== "") addresses.set(own.name, address);
    else if (used.includes(own.name)) {
      problems.push(whyNone(own, theirs));
      const known = before.addresses.get(own.name);
      if (known !== undefined) addresses.set(own.name, known);
    }
  }
  return addresses;
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
