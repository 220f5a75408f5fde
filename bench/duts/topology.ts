import { createNamespace, type Namespace } from "../../test/harness/namespace.ts";
import { must } from "../../test/harness/run.ts";
import type { Scope } from "../../test/harness/scope.ts";
import type { Task } from "./dut.ts";

/** Pod addresses and interface names around a DUT that we wire ourselves. */
export const sender = {
  ifname: "eth0",
  mac: "02:00:00:00:00:01",
  address: "10.1.0.1/24",
};
export const receiver = {
  ifname: "eth0",
  mac: "02:00:00:00:00:04",
  address: "10.9.0.2/24",
};
/** The two interfaces of the DUT, towards sender and receiver. */
export const inside = { ifname: "in0", mac: "02:00:00:00:00:02", address: "10.1.0.254/24" };
export const outside = { ifname: "out0", mac: "02:00:00:00:00:03", address: "10.9.0.1/24" };

/** An address without its prefix length. */
export const bare = (cidr: string): string => cidr.split("/")[0] ?? cidr;

export interface Topology {
  sender: Namespace;
  dut: Namespace;
  receiver: Namespace;
}

export interface End {
  namespace: Namespace;
  ifname: string;
  mac: string;
}

/** Of an interface that tunnels pass, so that frames of 1518 bytes fit into them. */
export const underlayMtu = 1600;

/** Three namespaces in a row, not yet connected. */
export async function createTopology(scope: Scope, name: string): Promise<Topology> {
  return {
    sender: await createQuietNamespace(scope, `${name}-sender`),
    dut: await createQuietNamespace(scope, `${name}-dut`),
    receiver: await createQuietNamespace(scope, `${name}-receiver`),
  };
}

/** The same, joined by veth pairs with one queue each. @param task what they will carry */
export async function buildTopology(scope: Scope, name: string, task: Task): Promise<Topology> {
  const topology = await createTopology(scope, name);
  await joinSender(topology, task);
  await joinReceiver(topology, task);
  return topology;
}

/** Connects the sender with the DUT's interface `inside`, and gives it its address. */
export async function joinSender({ sender: namespace, dut }: Topology, task: Task): Promise<void> {
  const mtu = task === "vxlan-decap" ? underlayMtu : undefined;
  await join({ namespace, ...sender }, { namespace: dut, ...inside }, mtu);
  await addAddress(namespace, sender);
}

/** Connects the DUT's interface `outside` with the receiver, and gives that its address. */
export async function joinReceiver(
  { receiver: namespace, dut }: Topology,
  task: Task,
): Promise<void> {
  const mtu = task === "vxlan-encap" ? underlayMtu : undefined;
  await join({ namespace: dut, ...outside }, { namespace, ...receiver }, mtu);
  await addAddress(namespace, receiver);
}

/** A namespace without IPv6, whose router solicitations would be counted as traffic. */
export async function createQuietNamespace(scope: Scope, part: string): Promise<Namespace> {
  const namespace = await createNamespace(scope, part);
  const keys = ["all", "default"].map((of) => `net.ipv6.conf.${of}.disable_ipv6=1`);
  await namespace.must("sysctl", ["-qw", ...keys]);
  return namespace;
}

export async function addAddress(
  { name }: Namespace,
  { ifname, address }: { ifname: string; address: string },
): Promise<void> {
  await must("ip", ["-n", name, "address", "add", address, "dev", ifname]);
}

/**
 * One queue each way: XDP refuses a host end with fewer RX queues than its peer has TX queues.
 * @param mtu of both ends, 1500 when absent
 */
export async function join(left: End, right: End, mtu = 1500): Promise<void> {
  const end = ({ namespace, ifname, mac }: End) => [
    ...["name", ifname, "netns", namespace.name, "address", mac, "mtu", `${mtu}`],
    ...["numrxqueues", "1", "numtxqueues", "1"],
  ];
  await must("ip", ["link", "add", ...end(left), "type", "veth", "peer", ...end(right)]);
  for (const { namespace, ifname } of [left, right]) {
    await must("ip", ["-n", namespace.name, "link", "set", ifname, "up"]);
  }
}

/** Switches generic receive offload, and with it the NAPI that frames from XDP need. */
export function setGro(namespace: Namespace, ifname: string, on: boolean): Promise<void> {
  return setOffload(namespace, ifname, "gro", on);
}

/** @param offload as ethtool calls it */
export async function setOffload(
  namespace: Namespace,
  ifname: string,
  offload: "gro" | "tso",
  on: boolean,
): Promise<void> {
  await namespace.must("ethtool", ["-K", ifname, offload, on ? "on" : "off"]);
}

/** Lets the receiver take frames that XDP redirects to it, whatever program it has itself. */
export function acceptRedirected(namespace: Namespace): Promise<void> {
  return setGro(namespace, receiver.ifname, true);
}

/** Writes one attribute below /sys/class/net/<ifname>. */
export async function writeLinkAttribute(
  namespace: Namespace,
  ifname: string,
  attribute: string,
  value: string,
): Promise<void> {
  await namespace.must("tee", [`/sys/class/net/${ifname}/${attribute}`], { input: value });
}
