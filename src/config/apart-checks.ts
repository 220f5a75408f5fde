import { leakLoop } from "../dataplane/forwarding-leaks.ts";
import { overlaps, parsePrefix } from "../networks/ip.ts";
import type { Fault } from "./checks.ts";
import type { Path } from "./read.ts";
import type { NetworkConfig } from "./schema.ts";
import { checkInterfaces } from "./uplink-checks.ts";

/**
 * What networks must not have in common: names and interfaces. Their prefixes may overlap, as
 * tenants choose them on their own, but not where one network's packets reach the other.
 */
export function checkNetworksApart(networks: readonly NetworkConfig[], fault: Fault): void {
  networks.forEach(({ name }, i) => {
    if (networks.findIndex((other) => other.name === name) === i) return;
    const reason = "another network has this name";
    throw fault(["networks", i, "name"], { value: name, reason, accepted: "a unique name" });
  });
  checkInterfaces(networks, fault);
  networks.forEach((network, i) => {
    network.leaks.forEach((_, j) => {
      checkLeak(networks, network, j, ["networks", i, "leaks", j], fault);
    });
  });
  checkLoops(networks, fault);
}

function checkLeak(
  networks: readonly NetworkConfig[],
  from: NetworkConfig,
  index: number,
  path: Path,
  fault: Fault,
): void {
  const name = from.leaks[index]?.network;
  const to = networks.find((network) => network.name === name);
  const bad = (reason: string, accepted: string) =>
    fault([...path, "network"], { value: name, reason, accepted });
  const others = networks.filter((network) => network !== from && network.kind === "routed");
  const accepted = `another routed network: ${others.map((one) => one.name).join(", ") || "there is none"}`;
  if (to === undefined) throw bad("no such network", accepted);
  if (to === from) throw bad("this is the network itself", accepted);
  if (to.kind !== "routed") throw bad("it is bridged and has no routes", accepted);
  for (const theirs of to.nodePrefixes) {
    const own = from.nodePrefixes.find((one) => overlaps(parsePrefix(one), parsePrefix(theirs)));
    if (own === undefined) continue;
    const reason = `its node prefix ${theirs} overlaps ${own} of this network, so the way back is unknown`;
    throw bad(reason, "a network whose node prefixes do not overlap this one's");
  }
}

/** Leaks that would send a packet round between networks. */
function checkLoops(networks: readonly NetworkConfig[], fault: Fault): void {
  const tables = networks.map(({ name, kind, nodePrefixes }, id) => ({
    id,
    name,
    kind,
    prefixes: [...nodePrefixes],
    gateways: [],
    mirrorTable: 0,
    leaks: [],
    overlay: null,
  }));
  const seen: { from: string; to: string; prefix: string }[] = [];
  networks.forEach(({ name: from, leaks }, i) => {
    leaks.forEach(({ prefix, network: to }, j) => {
      const leak = { from, to, prefix };
      const loop = leakLoop(tables, seen, leak);
      if (loop) {
        throw fault(["networks", i, "leaks", j, "prefix"], {
          value: prefix,
          reason: `packets would go round: ${loop.join(" -> ")}`,
          accepted: "a prefix that the other network does not leak back",
        });
      }
      seen.push(leak);
    });
  });
}
