import { release } from "node:os";
import { whatIsMissing } from "../../test/fixtures/needs.ts";
import type { Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { testPrefix } from "../traffic/load.ts";
import type { Dut, Task } from "./dut.ts";
import { addBridge, addStation } from "./kernel-bridge.ts";
import { enableForwarding, routeTestPrefix } from "./kernel-routing.ts";
import { bothSources, type DutKind } from "./kind.ts";
import { layLane, routedTtl, sentTtl } from "./lane.ts";
import { stackPlacements } from "./placements.ts";
import { addAddress, bare, buildTopology, inside, outside, receiver, sender } from "./topology.ts";
import { farPrefix, farRouter, vni } from "./tunnel.ts";

const device = "vx0";
const mac = "02:81:00:00:00:02";
const tasks = ["vxlan-encap", "vxlan-decap"] as const;
const missing = async () => whatIsMissing(["root", "ethtool", "vxlan"]) || null;

/** The kernel's VXLAN device between two veths, routed as flannel does. */
export const kernelVxlan = {
  name: "kernel-vxlan",
  tasks,
  sources: bothSources,
  summary: "vxlan device of the kernel, routed into and out of, one remote VTEP",
  missing,
  async start(scope: Scope, task: Task): Promise<Dut> {
    const topology = await buildTopology(scope, `kernel-${task}`, task);
    await enableForwarding(topology.dut);
    await addDevice(topology.dut, task);
    await (task === "vxlan-encap" ? routeIntoTunnel : routeOutOfTunnel)(topology.dut);
    const to = task === "vxlan-encap" ? inside.mac : mac;
    return {
      name: "kernel-vxlan",
      description: `Linux ${release()} vxlan device and ip_forward`,
      lane: layLane(topology, task, routedTtl, { to }),
      ...stackPlacements(topology),
    };
  },
} as const satisfies DutKind;

/** The same device as a port of the kernel's bridge. */
export const kernelVxlanBridge = {
  name: "kernel-vxlan-bridge",
  tasks,
  sources: bothSources,
  summary: "vxlan device of the kernel as a port of its bridge, stations in the FDBs",
  missing: async () => (await missing()) ?? (whatIsMissing(["bridge"]) || null),
  async start(scope: Scope, task: Task): Promise<Dut> {
    const topology = await buildTopology(scope, `kernel-bridge-${task}`, task);
    const { dut } = topology;
    const into = task === "vxlan-encap";
    const [pod, underlay] = into ? [inside, outside] : [outside, inside];
    await addAddress(dut, underlay);
    await addUnderlayNeighbour(dut, task);
    await addDevice(dut, task);
    await addBridge(dut, [pod.ifname, device]);
    await addStation(dut, into ? farRouter.mac : receiver.mac, into ? device : pod.ifname);
    return {
      name: "kernel-vxlan-bridge",
      description: `Linux ${release()} vxlan device in a bridge`,
      lane: layLane(topology, task, sentTtl, { to: into ? farRouter.mac : receiver.mac }),
      ...stackPlacements(topology),
    };
  },
} as const satisfies DutKind;

/** Both ends of the tunnel: that of the device, and the one it sends to or hears from. */
const vteps = (task: Task) =>
  task === "vxlan-encap" ? { own: outside, far: receiver } : { own: inside, far: sender };

async function addUnderlayNeighbour(dut: Namespace, task: Task): Promise<void> {
  const { own, far } = vteps(task);
  const neighbour = [bare(far.address), "lladdr", far.mac, "dev", own.ifname];
  await dut.must("ip", ["neighbour", "replace", ...neighbour, "nud", "permanent"]);
}

async function addDevice(dut: Namespace, task: Task): Promise<void> {
  const { own, far } = vteps(task);
  const local = ["local", bare(own.address), "dstport", "4789", "nolearning", "noudpcsum"];
  const tunnel = ["type", "vxlan", "id", `${vni}`, ...local];
  await dut.must("ip", ["link", "add", device, "address", mac, ...tunnel]);
  await dut.must("ip", ["link", "set", device, "mtu", "1500", "up"]);
  const entry = [farRouter.mac, "dev", device, "dst", bare(far.address), "permanent"];
  await dut.must("bridge", ["fdb", "append", ...entry]);
}

async function routeOver(dut: Namespace, prefix: string): Promise<void> {
  const neighbour = [farRouter.address, "lladdr", farRouter.mac, "dev", device];
  await dut.must("ip", ["neighbour", "replace", ...neighbour, "nud", "permanent"]);
  await dut.must("ip", ["route", "add", prefix, "via", farRouter.address, "dev", device, "onlink"]);
}

const routeIntoTunnel = (dut: Namespace) => routeOver(dut, testPrefix);

async function routeOutOfTunnel(dut: Namespace): Promise<void> {
  await routeOver(dut, farPrefix);
  await routeTestPrefix(dut);
}
