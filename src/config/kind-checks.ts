import type { Fault } from "./checks.ts";
import { KEYS_OF_KIND } from "./network-schema.ts";
import type { Path } from "./read.ts";
import type { NetworkConfig } from "./schema.ts";

const WHY = {
  routed: "a routed network forwards by its routes and knows no MAC addresses but its pods'",
  bridged: "a bridged network forwards by MAC address, not by routes",
} as const;

/** Keys that the other kind of network has, and what only fits together in a bridged one. */
export function checkKind(network: NetworkConfig, path: Path, fault: Fault): void {
  const other = network.kind === "routed" ? "bridged" : "routed";
  for (const key of KEYS_OF_KIND[other]) {
    const value = network[key];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    const accepted = `this key in a network of kind ${other}`;
    throw fault([...path, key], { value, reason: WHY[network.kind], accepted });
  }
  checkMacLimit(network, path, fault);
}

function checkMacLimit({ macLimit, fdb }: NetworkConfig, path: Path, fault: Fault): void {
  if (macLimit === undefined || fdb === undefined || macLimit <= fdb.size) return;
  const accepted = `at most fdb.size ${fdb.size}`;
  throw fault([...path, "macLimit"], { value: macLimit, accepted });
}
