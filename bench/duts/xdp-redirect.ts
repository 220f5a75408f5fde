import type { Scope } from "../../test/harness/scope.ts";
import { Child } from "../lib/child.ts";
import { getDebianPeers, lacksDebianPeers } from "./debian-peers.ts";
import type { Dut } from "./dut.ts";
import { bothSources, type DutKind } from "./kind.ts";
import { layLane, sentTtl } from "./lane.ts";
import { xdpPlacements } from "./placements.ts";
import { acceptRedirected, buildTopology, inside, outside } from "./topology.ts";

const name = "xdp-redirect";
const startMs = 10_000;
/** Longer than any run: what it prints, nobody reads. */
const reportSeconds = 86_400;

/** The XDP program of xdp-bench, which redirects by a devmap whatever comes in. */
export const xdpRedirect = {
  name,
  tasks: ["bridge"],
  sources: bothSources,
  summary: "xdp-bench redirect-map of xdp-tools: swaps the MAC addresses, looks nothing up",
  missing: () => lacksDebianPeers(["root", "ethtool"]),
  async start(scope: Scope): Promise<Dut> {
    const peers = await getDebianPeers();
    const topology = await buildTopology(scope, name, "bridge");
    await acceptRedirected(topology.receiver);
    const redirect = ["redirect-map", "-i", `${reportSeconds}`, inside.ifname, outside.ifname];
    const command = ["-oL", ...peers.command("usr/sbin/xdp-bench"), ...redirect];
    const child = await Child.startInside(topology.dut.name, "stdbuf", command);
    scope.cleanup.use(child);
    await child.until("Redirecting from", startMs);
    const { placements, prepare, rest } = xdpPlacements(topology.dut);
    return {
      name,
      description: `xdp-bench redirect-map of xdp-tools ${peers.version("xdp-tools")}, native XDP`,
      lane: layLane(topology, "bridge", sentTtl, { to: inside.mac }),
      placements,
      // The program leaves its interface with the process.
      async prepare(placement) {
        child.mustRun();
        await prepare(placement);
      },
      async rest() {
        child.mustRun();
        await rest();
      },
    };
  },
} as const satisfies DutKind;
