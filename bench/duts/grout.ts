import { join } from "node:path";
import type { Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { Child } from "../lib/child.ts";
import { dutCpu, generatorCpu } from "../traffic/load.ts";
import { type DebianPeers, getDebianPeers, lacksDebianPeers } from "./debian-peers.ts";
import type { Dut, Task } from "./dut.ts";
import { configuration } from "./grout-configuration.ts";
import { bothSources, type DutKind } from "./kind.ts";
import { layLane, routedTtl, sentTtl } from "./lane.ts";
import { pollingPlacement } from "./polling.ts";
import { buildTopology, inside, receiver } from "./topology.ts";
import { farRouter } from "./tunnel.ts";

const name = "grout";
const startMs = 30_000;

/** What it does for each task, and where frames go first. */
const ways = {
  route: { how: "routing", ttl: routedTtl, to: inside.mac },
  bridge: { how: "bridge, both stations in its FDB", ttl: sentTtl, to: receiver.mac },
  "vxlan-encap": { how: "bridge with a vxlan member", ttl: sentTtl, to: farRouter.mac },
  "vxlan-decap": { how: "bridge with a vxlan member", ttl: sentTtl, to: receiver.mac },
} as const satisfies Record<Task, unknown>;

/** grout, a router made of DPDK's graph library. */
export const grout = {
  name,
  tasks: ["route", "bridge", "vxlan-encap", "vxlan-decap"],
  sources: bothSources,
  summary: "grout, a router and switch on DPDK's graph library, AF_XDP ports",
  missing: () => lacksDebianPeers(["root", "afXdp"]),
  async start(scope: Scope, task: Task): Promise<Dut> {
    const peers = await getDebianPeers();
    const topology = await buildTopology(scope, `grout-${task}`, task);
    const child = await startGrout(scope, topology.dut, task, peers);
    const { how, ttl, to } = ways[task];
    const versions = `grout ${peers.version("grout")} (DPDK ${peers.version("dpdk")})`;
    return {
      name,
      description: `${versions}, ${how}, net_af_xdp copy mode, no hugepages`,
      lane: layLane(topology, task, ttl, { to }),
      ...pollingPlacement(child),
    };
  },
} as const satisfies DutKind;

async function startGrout(
  scope: Scope,
  dut: Namespace,
  task: Task,
  peers: DebianPeers,
): Promise<Child> {
  // It adds an interface of its own to the kernel, with IPv6; those of the lane stay without.
  await dut.must("sysctl", ["-qw", "net.ipv6.conf.default.disable_ipv6=0"]);
  const socket = join(scope.dir, `grout-${task}.sock`);
  const cpus = ["taskset", "-c", `${generatorCpu},${dutCpu}`];
  const options = [
    "--verbose",
    "--test-mode",
    "--poll-mode",
    "--metrics",
    ":0",
    "--socket",
    socket,
  ];
  const plugins = ["--", "-d", join(peers.libraries, "dpdk", pluginDirectory(peers))];
  const program = [...cpus, "stdbuf", "-oL", ...peers.command("usr/bin/grout")];
  const child = await Child.startInside(dut.name, "nice", [
    ...["-n", "-15", ...program],
    ...[...options, ...plugins],
  ]);
  scope.cleanup.use(child);
  await child.until("listening on API socket", startMs);
  await configure(dut, peers, socket, task);
  return child;
}

/** DPDK 25.11 has ABI 26, DPDK 26.11 will have 27. */
function pluginDirectory(peers: DebianPeers): string {
  return `pmds-${Number.parseInt(peers.version("dpdk"), 10) + 1}.0`;
}

async function configure(
  dut: Namespace,
  peers: DebianPeers,
  socket: string,
  task: Task,
): Promise<void> {
  const [file = "", ...args] = peers.command("usr/bin/grcli");
  const input = configuration(task).map((command) => `${command}\n`);
  await dut.must(file, [...args, "-e", "-p", "-s", socket], {
    input: input.join(""),
  });
}
