import { vlanProblem } from "../networks/vlans.ts";
import type { Fault } from "./checks.ts";
import type { Path } from "./read.ts";
import type { NetworkConfig } from "./schema.ts";

/** Uplinks of one network; `path` is that of its key `uplinks`. */
export function checkUplinks(network: NetworkConfig, path: Path, fault: Fault): void {
  network.uplinks.forEach((uplink, i) => {
    const bad = (key: keyof typeof uplink, reason: string, accepted: string) =>
      fault([...path, i, key], { value: uplink[key], reason, accepted });
    if (uplink.interface === "lo") {
      throw bad("interface", "the loopback leads nowhere", "an interface that leads to others");
    }
    if (network.kind === "bridged") {
      if (uplink.use !== "dedicated") {
        const reason =
          "a shared uplink cannot be bridged: the node would lose the frames that the network" +
          " takes, and the network those that the node takes";
        throw bad("use", reason, '"dedicated", on an interface that the node does not need');
      }
      const problem = vlanProblem(uplink);
      if (problem) throw bad(problem.key, problem.reason, problem.accepted);
      return;
    }
    for (const key of ["vlan", "vlanTrunk"] as const) {
      if (uplink[key] === undefined) continue;
      const reason = "a routed network has no VLANs";
      throw bad(
        key,
        reason,
        "this key in a network of kind bridged, or a VLAN interface as uplink",
      );
    }
  });
}

/** An interface belongs to one network, and once. */
export function checkInterfaces(networks: readonly NetworkConfig[], fault: Fault): void {
  const owners = new Map<string, string>();
  networks.forEach(({ name, uplinks }, i) => {
    uplinks.forEach(({ interface: ifname }, j) => {
      const owner = owners.get(ifname);
      if (owner !== undefined) {
        throw fault(["networks", i, "uplinks", j, "interface"], {
          value: ifname,
          reason: `network ${owner} has it`,
          accepted: "each interface once, in one network",
        });
      }
      owners.set(ifname, name);
    });
  });
}
