import {
  addBridge,
  type OpenVswitch,
  startOpenVswitch as startSwitch,
} from "../../test/fixtures/vxlan-openvswitch-process.ts";
import type { Namespace } from "../../test/harness/namespace.ts";
import { run } from "../../test/harness/run.ts";
import type { Scope } from "../../test/harness/scope.ts";
import type { Forwarder } from "../traffic/forwarder.ts";
import { dutCpu } from "../traffic/load.ts";
import { Sink } from "../traffic/sink.ts";
import { buildTopology, inside, outside, receiver, sender } from "../traffic/topology.ts";
import { type Direction, farPod, outerBytes, vni } from "./tunnel.ts";

const bare = (cidr: string): string => cidr.split("/")[0] ?? cidr;

/**
 * Open vSwitch with its datapath in user space and AF_XDP ports, one flow from port to port.
 * @returns why it cannot be had, in words, when it cannot
 */
export async function startOpenVswitch(
  scope: Scope,
  direction: Direction,
): Promise<Forwarder | string> {
  const version = await findVersion();
  if (version === null) return "not installed (apt-get install openvswitch-switch)";
  const topology = await buildTopology(scope, `ovs-${direction}`);
  const vswitch = await startSwitch(scope, topology.dut);
  const ends =
    direction === "encap" ? { pod: inside, uplink: outside } : { pod: outside, uplink: inside };
  const far = direction === "encap" ? receiver : sender;
  await connect(vswitch, topology.dut, ends, far, direction);
  const outer = direction === "encap" ? outerBytes : 0;
  // A switch takes nothing from the TTL.
  const sink = await Sink.start(scope, topology.receiver.name, receiver.ifname, 64, outer);
  process.kill(vswitch.pid, "SIGSTOP");
  const tunnel = { vni, vtep: bare(inside.address), innerTo: receiver.mac, innerFrom: farPod };
  const lane = { netns: topology.sender.name, ifname: sender.ifname, gatewayMac: inside.mac, sink };
  return {
    subject: "openvswitch",
    description: `Open vSwitch ${version}, datapath in user space, AF_XDP ports`,
    lane: { ...lane, ...(direction === "decap" && { tunnel }) },
    // Its thread polls without end: stopped between samples, so that the others have the core.
    placements: () => [`CPU ${dutCpu} of its own, polling`],
    prepare: async () => void process.kill(vswitch.pid, "SIGCONT"),
    rest: async () => void process.kill(vswitch.pid, "SIGSTOP"),
  };
}

/** Null when it is not installed. */
async function findVersion(): Promise<string | null> {
  try {
    const { stdout } = await run("ovs-vswitchd", ["--version"]);
    return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? "of an unknown version";
  } catch {
    return null;
  }
}

interface End {
  ifname: string;
  mac: string;
  address: string;
}

/** br-phy holds the uplink and its address, as tunnels of this datapath want it. */
async function connect(
  { configure, control }: OpenVswitch,
  dut: Namespace,
  { pod, uplink }: { pod: End; uplink: End },
  far: End,
  direction: Direction,
): Promise<void> {
  const port = (bridge: string, { ifname }: End) => [
    ...["add-port", bridge, ifname, "--", "set", "interface", ifname, "type=afxdp"],
  ];
  const remote = [`options:remote_ip=${bare(far.address)}`, `options:key=${vni}`];
  const mask = `other_config:pmd-cpu-mask=0x${(1 << dutCpu).toString(16)}`;
  await configure(["set", "Open_vSwitch", ".", mask], addBridge("br-phy"), port("br-phy", uplink));
  await configure(["set", "bridge", "br-phy", `other-config:hwaddr=${uplink.mac}`]);
  await dut.must("ip", ["address", "add", uplink.address, "dev", "br-phy"]);
  await dut.must("ip", ["link", "set", "br-phy", "up"]);
  await configure(addBridge("br-int"), port("br-int", pod), [
    ...["add-port", "br-int", "vx0", "--", "set", "interface", "vx0", "type=vxlan", ...remote],
  ]);
  await control("ovs-appctl", ["tnl/neigh/set", "br-phy", bare(far.address), far.mac]);
  const [from, to] = direction === "encap" ? [pod.ifname, "vx0"] : ["vx0", pod.ifname];
  await control("ovs-ofctl", ["add-flow", "br-int", `in_port=${from},actions=output:${to}`]);
}
