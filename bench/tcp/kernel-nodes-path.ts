import { createNamespace, type Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { type Path, podInterface } from "./path.ts";
import { layUnderlay, type TunnelNode, tunnelMtu, vni } from "./two-nodes.ts";

const device = "vx0";

/** The same with the kernel's vxlan device on both nodes, routed into and out of as flannel does. */
export async function startKernelNodesPath(scope: Scope): Promise<Path> {
  const subject = "kernel-vxlan";
  const [near, far] = await layUnderlay(scope, subject);
  await addDevice(near, far);
  await addDevice(far, near);
  const client = await addPod(scope, near, `${subject}-client`);
  const server = await addPod(scope, far, `${subject}-server`);
  return {
    subject,
    client,
    server,
    address: podAddress(far),
    agent: null,
    description: `two nodes with a vxlan device of Linux and ip_forward, MTU ${tunnelMtu}, offloads as they come`,
  };
}

const macOf = ({ index }: TunnelNode) => `02:81:00:00:00:0${index}`;
const tunnelAddress = ({ index }: TunnelNode) => `10.81.${index}.0`;
const gateway = ({ index }: TunnelNode) => `10.81.${index}.254`;
const podAddress = ({ index }: TunnelNode) => `10.81.${index}.2`;

async function addDevice(own: TunnelNode, other: TunnelNode): Promise<void> {
  const { namespace, vtep } = own;
  const ip = (...args: string[]) => namespace.must("ip", args);
  await namespace.must("sysctl", ["-qw", "net.ipv4.ip_forward=1"]);
  const tunnel = ["type", "vxlan", "id", `${vni}`, "local", vtep, "dstport", "4789", "nolearning"];
  await ip("link", "add", device, "address", macOf(own), ...tunnel);
  await ip("link", "set", device, "mtu", `${tunnelMtu}`, "up");
  await ip("address", "add", `${tunnelAddress(own)}/32`, "dev", device);
  const entry = [macOf(other), "dev", device, "dst", other.vtep, "permanent"];
  await namespace.must("bridge", ["fdb", "append", ...entry]);
  const neighbour = [tunnelAddress(other), "lladdr", macOf(other), "dev", device];
  await ip("neighbour", "replace", ...neighbour, "nud", "permanent");
  await ip("route", "add", other.prefix, "via", tunnelAddress(other), "dev", device, "onlink");
}

async function addPod(scope: Scope, node: TunnelNode, name: string): Promise<Namespace> {
  const pod = await createNamespace(scope, name);
  const ends = ["port0", "type", "veth", "peer", "name", podInterface, "netns", pod.name];
  await node.namespace.must("ip", ["link", "add", ...ends]);
  await node.namespace.must("ip", ["address", "add", `${gateway(node)}/24`, "dev", "port0"]);
  await node.namespace.must("ip", ["link", "set", "port0", "mtu", `${tunnelMtu}`, "up"]);
  await pod.must("ip", ["address", "add", `${podAddress(node)}/24`, "dev", podInterface]);
  await pod.must("ip", ["link", "set", podInterface, "mtu", `${tunnelMtu}`, "up"]);
  await pod.must("ip", ["route", "add", "default", "via", gateway(node)]);
  return pod;
}
