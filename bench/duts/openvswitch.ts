import { whatIsMissing } from "../../test/fixtures/needs.ts";
import {
  type OpenVswitch,
  startOpenVswitch as startSwitch,
} from "../../test/fixtures/vxlan-openvswitch-process.ts";
import { run } from "../../test/harness/run.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { dutCpu } from "../traffic/load.ts";
import type { Dut, Task } from "./dut.ts";
import { bothSources, type DutKind } from "./kind.ts";
import { layLane, routedTtl, sentTtl } from "./lane.ts";
import { connectPorts, connectTunnel } from "./openvswitch-ports.ts";
import { type Poller, pollingPlacement } from "./polling.ts";
import { buildTopology, inside, receiver } from "./topology.ts";

const name = "openvswitch";
const absent = "Open vSwitch is not installed: apt-get install openvswitch-switch";
const keptLines = 10;

/** What it does for each task. */
const ways = {
  route: { how: "one flow that rewrites MAC addresses and TTL", ttl: routedTtl, to: inside.mac },
  bridge: { how: "switching by its MAC table", ttl: sentTtl, to: receiver.mac },
  "vxlan-encap": { how: "one flow into a vxlan port", ttl: sentTtl, to: inside.mac },
  "vxlan-decap": { how: "one flow out of a vxlan port", ttl: sentTtl, to: receiver.mac },
} as const satisfies Record<Task, unknown>;

/** Open vSwitch with its datapath in user space and AF_XDP ports. */
export const openVswitch = {
  name,
  tasks: ["route", "bridge", "vxlan-encap", "vxlan-decap"],
  sources: bothSources,
  summary: "Open vSwitch, datapath in user space, AF_XDP ports",
  async missing() {
    return (await findVersion()) === null ? absent : whatIsMissing(["root", "afXdp"]) || null;
  },
  async start(scope: Scope, task: Task): Promise<Dut> {
    const version = await findVersion();
    if (version === null) throw new Error(absent);
    const topology = await buildTopology(scope, `ovs-${task}`, task);
    const vswitch = await startSwitch(scope, topology.dut);
    const mask = `other_config:pmd-cpu-mask=0x${(1 << dutCpu).toString(16)}`;
    await vswitch.configure(["set", "Open_vSwitch", ".", mask]);
    if (task === "route" || task === "bridge") await connectPorts(vswitch, task);
    else await connectTunnel(vswitch, topology.dut, task);
    const { how, ttl, to } = ways[task];
    return {
      name,
      description: `Open vSwitch ${version}, datapath in user space, AF_XDP ports, ${how}`,
      lane: layLane(topology, task, ttl, { to }),
      ...pollingPlacement(pollerOf(vswitch)),
    };
  },
} as const satisfies DutKind;

/** Null when it is not installed. */
async function findVersion(): Promise<string | null> {
  const told = await run("ovs-vswitchd", ["--version"]).catch(() => null);
  if (told === null) return null;
  return /\d+\.\d+\.\d+/.exec(told.stdout)?.[0] ?? "of an unknown version";
}

function pollerOf({ pid, daemon }: OpenVswitch): Poller {
  return {
    pid,
    mustRun() {
      if (daemon.running()) return;
      const last = daemon.output().trimEnd().split("\n").slice(-keptLines);
      throw new Error(`ovs-vswitchd: ended; it said:\n${last.join("\n")}`);
    },
    signal: (signal) => void process.kill(pid, signal),
  };
}
