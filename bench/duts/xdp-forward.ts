import type { Scope } from "../../test/harness/scope.ts";
import { getDebianPeers, lacksDebianPeers } from "./debian-peers.ts";
import type { Dut } from "./dut.ts";
import { enableForwarding, kernelRoutes, routeTestPrefix } from "./kernel-routing.ts";
import { bothSources, type DutKind } from "./kind.ts";
import { layLane, routedTtl } from "./lane.ts";
import { xdpPlacements } from "./placements.ts";
import type { RoutedDut } from "./routed.ts";
import { acceptRedirected, buildTopology, inside, outside } from "./topology.ts";

const name = "xdp-forward";

/** XDP programs that look up the kernel's routes and redirect. */
export const xdpForward = {
  name,
  tasks: ["route"],
  sources: bothSources,
  summary: "xdp-forward of xdp-tools: XDP with the kernel's FIB and neighbours",
  missing: () => lacksDebianPeers(["root", "ethtool"]),
  async start(scope: Scope): Promise<Dut & RoutedDut> {
    const peers = await getDebianPeers();
    const topology = await buildTopology(scope, name, "route");
    await acceptRedirected(topology.receiver);
    await enableForwarding(topology.dut);
    await routeTestPrefix(topology.dut);
    const modes = ["--fwd-mode", "fib", "--fib-mode", "full", "--xdp-mode", "native"];
    const load = ["load", ...modes, inside.ifname, outside.ifname];
    const [file = "", ...args] = peers.command("usr/sbin/xdp-forward");
    // The programs stay with their interfaces when it ends.
    await topology.dut.must(file, [...args, ...load]);
    return {
      name,
      description: `xdp-forward of xdp-tools ${peers.version("xdp-tools")}, full FIB lookup, native XDP`,
      lane: layLane(topology, "route", routedTtl, { to: inside.mac }),
      ...xdpPlacements(topology.dut),
      ...kernelRoutes(topology.dut),
    };
  },
} as const satisfies DutKind;
