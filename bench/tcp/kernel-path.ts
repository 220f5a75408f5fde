import { createNamespace, type Namespace } from "../../test/harness/namespace.ts";
import { must } from "../../test/harness/run.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { type Path, podInterface } from "./path.ts";

export type KernelKind = "bridge" | "route";

export interface KernelOptions {
  kind: KernelKind;
  mtu: number;
  /** Segmentation and receive offloads of the pod ends: as they come, or off. */
  offloads: boolean;
}

/** Addresses of client, server and, for routing, the middle towards each. */
const plans = {
  bridge: { client: "10.5.0.1", server: "10.5.0.2", gateways: null },
  route: { client: "10.5.1.1", server: "10.5.2.1", gateways: ["10.5.1.254", "10.5.2.254"] },
} as const;

/** Two pods with a bridge or a routing namespace of the kernel between them; the scope removes it. */
export async function startKernelPath(scope: Scope, options: KernelOptions): Promise<Path> {
  const { kind, mtu, offloads } = options;
  const subject = `kernel-${kind}-${mtu}${offloads ? "" : "-no-offloads"}`;
  const plan = plans[kind];
  const middle = await createNamespace(scope, `${subject}-middle`);
  const client = await createNamespace(scope, `${subject}-client`);
  const server = await createNamespace(scope, `${subject}-server`);
  if (kind === "bridge") await startBridge(middle, mtu);
  else await middle.must("sysctl", ["-qw", "net.ipv4.ip_forward=1"]);
  for (const [end, pod] of [client, server].entries()) {
    await join(pod, middle, `port${end}`, mtu);
    const address = pod === client ? plan.client : plan.server;
    await inside(pod, ["address", "add", `${address}/24`, "dev", podInterface]);
    if (plan.gateways === null) {
      await inside(middle, ["link", "set", `port${end}`, "master", "bridge0"]);
    } else {
      const gateway = plan.gateways[end] as string;
      await inside(middle, ["address", "add", `${gateway}/24`, "dev", `port${end}`]);
      await inside(pod, ["route", "add", "default", "via", gateway]);
    }
    if (!offloads) await switchOff(pod);
  }
  const words = kind === "bridge" ? "a Linux bridge" : "Linux ip_forward";
  return {
    subject,
    client,
    server,
    address: plan.server,
    agent: null,
    description: `${words}, MTU ${mtu}, offloads of the pods ${offloads ? "as they come" : "off"}`,
  };
}

async function startBridge(middle: Namespace, mtu: number): Promise<void> {
  await inside(middle, ["link", "add", "bridge0", "mtu", `${mtu}`, "type", "bridge"]);
  await inside(middle, ["link", "set", "bridge0", "up"]);
}

async function join(pod: Namespace, middle: Namespace, port: string, mtu: number): Promise<void> {
  const end = (ifname: string, { name }: Namespace) => [
    ...["name", ifname, "netns", name],
    ...["mtu", `${mtu}`],
  ];
  const pair = [...end(podInterface, pod), "type", "veth", "peer", ...end(port, middle)];
  await must("ip", ["link", "add", ...pair]);
  await inside(pod, ["link", "set", podInterface, "up"]);
  await inside(middle, ["link", "set", port, "up"]);
}

async function inside({ name }: Namespace, args: readonly string[]): Promise<void> {
  await must("ip", ["-n", name, ...args]);
}

async function switchOff(pod: Namespace): Promise<void> {
  await pod.must("ethtool", ["-K", podInterface, "tso", "off", "gso", "off", "gro", "off"]);
}
