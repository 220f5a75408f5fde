import { release } from "node:os";
import type { Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import type { Forwarder } from "../traffic/forwarder.ts";
import { place, placementNames } from "../traffic/kernel.ts";
import { testPrefix } from "../traffic/load.ts";
import { Sink } from "../traffic/sink.ts";
import {
  addAddress,
  buildTopology,
  inside,
  outside,
  receiver,
  sender,
} from "../traffic/topology.ts";
import { type Direction, farPod, farPrefix, farRouter, outerBytes, vni } from "./tunnel.ts";

const device = "vx0";
const mac = "02:81:00:00:00:02";
const bare = (cidr: string): string => cidr.split("/")[0] ?? cidr;

/** The kernel's VXLAN device, routed as flannel does, between two veths; the scope removes it. */
export async function startKernel(scope: Scope, direction: Direction): Promise<Forwarder> {
  const { sender: from, dut, receiver: to } = await buildTopology(scope, `vxlan-${direction}`);
  await enableForwarding(dut);
  await (direction === "encap" ? routeIntoTunnel(dut) : routeOutOfTunnel(dut));
  const outer = direction === "encap" ? outerBytes : 0;
  const sink = await Sink.start(scope, to.name, receiver.ifname, 63, outer);
  const vtep = bare(inside.address);
  const tunnel = { vni, vtep, innerTo: mac, innerFrom: farPod };
  return {
    subject: "kernel",
    description: `Linux ${release()} vxlan device and ip_forward`,
    lane: {
      netns: from.name,
      ifname: sender.ifname,
      gatewayMac: inside.mac,
      sink,
      ...(direction === "decap" && { tunnel }),
    },
    placements: placementNames,
    prepare: (name) => place(dut, name),
    rest: async () => {},
  };
}

async function enableForwarding(dut: Namespace): Promise<void> {
  await addAddress(dut, inside);
  await addAddress(dut, outside);
  const off = ["all", "default", inside.ifname].map((name) => `net.ipv4.conf.${name}.rp_filter=0`);
  await dut.must("sysctl", ["-qw", "net.ipv4.ip_forward=1", ...off]);
  const neighbour = [bare(receiver.address), "lladdr", receiver.mac, "dev", outside.ifname];
  await dut.must("ip", ["neighbour", "replace", ...neighbour, "nud", "permanent"]);
}

async function addDevice(dut: Namespace, local: string, remote: string): Promise<void> {
  const tunnel = ["id", `${vni}`, "local", local, "dstport", "4789", "nolearning", "noudpcsum"];
  await dut.must("ip", ["link", "add", device, "address", mac, "type", "vxlan", ...tunnel]);
  await dut.must("ip", ["link", "set", device, "mtu", "1450", "up"]);
  const entry = [farRouter.mac, "dev", device, "dst", remote, "permanent"];
  await dut.must("bridge", ["fdb", "append", ...entry]);
  const neighbour = [farRouter.address, "lladdr", farRouter.mac, "dev", device];
  await dut.must("ip", ["neighbour", "replace", ...neighbour, "nud", "permanent"]);
}

const routeOver = (dut: Namespace, prefix: string) =>
  dut.must("ip", ["route", "add", prefix, "via", farRouter.address, "dev", device, "onlink"]);

async function routeIntoTunnel(dut: Namespace): Promise<void> {
  await addDevice(dut, bare(outside.address), bare(receiver.address));
  await routeOver(dut, testPrefix);
}

async function routeOutOfTunnel(dut: Namespace): Promise<void> {
  await addDevice(dut, bare(inside.address), bare(sender.address));
  await routeOver(dut, farPrefix);
  await dut.must("ip", ["route", "add", testPrefix, "via", bare(receiver.address)]);
}
