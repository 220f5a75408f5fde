import { release } from "node:os";
import { whatIsMissing } from "../../test/fixtures/needs.ts";
import type { Scope } from "../../test/harness/scope.ts";
import type { Dut } from "./dut.ts";
import { enableForwarding, kernelRoutes, routeTestPrefix } from "./kernel-routing.ts";
import { bothSources, type DutKind } from "./kind.ts";
import { layLane, routedTtl } from "./lane.ts";
import { stackPlacements } from "./placements.ts";
import type { RoutedDut } from "./routed.ts";
import { buildTopology, inside } from "./topology.ts";

const name = "kernel-route";

/** Kernel IPv4 forwarding between two veths. */
export const kernelRoute = {
  name,
  tasks: ["route"],
  sources: bothSources,
  summary: "IPv4 forwarding of the kernel (ip_forward)",
  missing: async () => whatIsMissing(["root", "ethtool"]) || null,
  async start(scope: Scope): Promise<Dut & RoutedDut> {
    const topology = await buildTopology(scope, name, "route");
    await enableForwarding(topology.dut);
    await routeTestPrefix(topology.dut);
    return {
      name,
      description: `Linux ${release()} ip_forward`,
      lane: layLane(topology, "route", routedTtl, { to: inside.mac }),
      ...stackPlacements(topology),
      ...kernelRoutes(topology.dut),
    };
  },
} as const satisfies DutKind;
