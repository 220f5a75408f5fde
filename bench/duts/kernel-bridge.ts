import { release } from "node:os";
import { whatIsMissing } from "../../test/fixtures/needs.ts";
import type { Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import type { Dut } from "./dut.ts";
import { bothSources, type DutKind } from "./kind.ts";
import { layLane, sentTtl } from "./lane.ts";
import { stackPlacements } from "./placements.ts";
import { buildTopology, inside, outside, receiver, sender } from "./topology.ts";

const name = "kernel-bridge";
const bridge = "br0";

/** The kernel's bridge between two veths. */
export const kernelBridge = {
  name,
  tasks: ["bridge"],
  sources: bothSources,
  summary: "bridge of the kernel, both stations in its FDB",
  missing: async () => whatIsMissing(["root", "ethtool", "bridge"]) || null,
  async start(scope: Scope): Promise<Dut> {
    const topology = await buildTopology(scope, name, "bridge");
    await addBridge(topology.dut, [inside.ifname, outside.ifname]);
    await addStation(topology.dut, sender.mac, inside.ifname);
    await addStation(topology.dut, receiver.mac, outside.ifname);
    return {
      name,
      description: `Linux ${release()} bridge`,
      lane: layLane(topology, "bridge", sentTtl, { to: receiver.mac }),
      ...stackPlacements(topology),
    };
  },
} as const satisfies DutKind;

/** Adds a bridge with these ports, that says and asks nothing by itself. */
export async function addBridge(dut: Namespace, ports: readonly string[]): Promise<void> {
  const quiet = ["mcast_snooping", "0", "stp_state", "0"];
  await dut.must("ip", ["link", "add", bridge, "type", "bridge", ...quiet]);
  for (const port of ports) await dut.must("ip", ["link", "set", port, "master", bridge]);
  await dut.must("ip", ["link", "set", bridge, "up"]);
}

/** The FDB entry of a station that need not be learned, for none of them sends at will. */
export async function addStation(dut: Namespace, mac: string, port: string): Promise<void> {
  await dut.must("bridge", ["fdb", "replace", mac, "dev", port, "master", "static"]);
}
