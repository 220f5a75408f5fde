import {
  type Address,
  contains,
  type Family,
  formatAddress,
  formatPrefix,
  parsePrefix,
} from "../networks/ip.ts";
import { unicastProblem } from "../networks/subnet.ts";
import type { Fault } from "./checks.ts";
import { type Path, readAddress } from "./read.ts";
import type { Config, NetworkConfig, VtepConfig } from "./schema.ts";

type Uses = Pick<Config, "networks" | "vteps">;

/** True when a VTEP reaches the other nodes through this network. */
export const isUnderlay = (name: string, vteps: Config["vteps"]): boolean =>
  vteps.some(({ underlay }) => underlay === name);

/** VTEPs: names and ports apart, an underlay that leads somewhere, addresses that can be sent to. */
export function checkVteps({ vteps, networks }: Uses, fault: Fault): void {
  vteps.forEach((vtep, i) => {
    const path = ["vteps", i];
    checkApart(vteps, i, fault);
    const underlay = checkUnderlay(vtep, networks, [...path, "underlay"], fault);
    if (!vtep.addresses) return;
    const at = [...path, "addresses"];
    const addresses = checkVtepAddresses(vtep.addresses, at, fault, LEFT_OUT);
    checkOutside(addresses, underlay, at, fault);
  });
}

const LEFT_OUT = "or none of this key, for the addresses of the underlay's uplinks";

function checkApart(vteps: Config["vteps"], i: number, fault: Fault): void {
  for (const key of ["name", "port"] as const) {
    const value = vteps[i]?.[key];
    const first = vteps.findIndex((other) => other[key] === value);
    if (first === i) continue;
    const reason =
      key === "name" ? "another VTEP has this name" : `VTEP ${vteps[first]?.name} has it`;
    const accepted = key === "name" ? "a unique name" : "a UDP port of its own for each VTEP";
    throw fault(["vteps", i, key], { value, reason, accepted });
  }
}

function checkUnderlay(
  { underlay: name }: VtepConfig,
  networks: readonly NetworkConfig[],
  path: Path,
  fault: Fault,
): NetworkConfig {
  const network = networks.find((one) => one.name === name);
  const fitting = networks.filter(
    ({ kind, uplinks, vni }) => kind === "routed" && uplinks.length > 0 && vni === undefined,
  );
  const names = fitting.map((one) => one.name).join(", ") || "there is none";
  const bad = (reason: string) =>
    fault(path, { value: name, reason, accepted: `a routed network with uplinks: ${names}` });
  if (network === undefined) throw bad("no such network");
  if (network.kind !== "routed") throw bad("it is bridged, no routes lead to the other VTEPs");
  if (network.vni !== undefined)
    throw bad(`it has the VNI ${network.vni}, so it needs a VTEP itself`);
  if (network.uplinks.length === 0) throw bad("it has no uplink, nothing leads to the other VTEPs");
  return network;
}

/** At least one address, one per family, that a packet can be sent to. */
export function checkVtepAddresses(
  texts: readonly string[],
  path: Path,
  fault: Fault,
  more = "one address per family",
): Address[] {
  if (texts.length === 0) {
    throw fault(path, {
      value: [],
      reason: "a VTEP without address",
      accepted: `at least one, ${more}`,
    });
  }
  const seen = new Set<Family>();
  return texts.map((text, i) => {
    const address = readAddress(text, [...path, i], fault);
    const bad = (reason: string, accepted: string) =>
      fault([...path, i], { value: text, reason, accepted });
    const { family, value: base } = address;
    const problem = unicastProblem({ family, base, length: family === 4 ? 32 : 128 });
    if (problem) throw bad(problem, "a unicast address that is neither loopback nor link-local");
    if (seen.has(family)) throw bad(`a second IPv${family} address`, "one address per family");
    seen.add(family);
    return address;
  });
}

function checkOutside(
  addresses: readonly Address[],
  { name, nodePrefixes }: NetworkConfig,
  path: Path,
  fault: Fault,
): void {
  addresses.forEach((address, i) => {
    const prefix = nodePrefixes.map(parsePrefix).find((one) => contains(one, address));
    if (!prefix) return;
    throw fault([...path, i], {
      value: formatAddress(address),
      reason: `inside ${formatPrefix(prefix)} of network ${name}, whose addresses are its pods'`,
      accepted: "an address of this node",
    });
  });
}
