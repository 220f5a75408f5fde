import { createNamespace, type Namespace } from "../../../test/harness/namespace.ts";
import { must } from "../../../test/harness/run.ts";
import type { Scope } from "../../../test/harness/scope.ts";
import { NODE_NAMES, type NodeName, UNDERLAY_DEVICE, underlayAddress } from "./nodes.ts";

/** Nodes, each with an interface to a switch between them. */
export interface Underlay {
  nodes: Record<NodeName, Namespace>;
  /** A bridge of the kernel; its ports go by the names of the nodes. */
  wire: Namespace;
}

/**
 * Joins the nodes by veths and a bridge. On a veth's own end nobody but the ring loop sees what
 * goes through AF_XDP; in the switch everybody does.
 */
export async function createUnderlay(scope: Scope): Promise<Underlay> {
  const wire = await createNamespace(scope, "wire");
  const nodes = {
    node1: await createNamespace(scope, "node1"),
    node2: await createNamespace(scope, "node2"),
  };
  await wire.must("ip", ["link", "add", "switch", "type", "bridge"]);
  await wire.must("ip", ["link", "set", "switch", "up"]);
  for (const name of NODE_NAMES) await plugIn(wire, nodes[name], name, scope.signal);
  return { nodes, wire };
}

async function plugIn(wire: Namespace, node: Namespace, name: NodeName, signal: AbortSignal) {
  const ip = (...args: string[]) => must("ip", ["-n", wire.name, ...args], { signal });
  const end = ["peer", "name", UNDERLAY_DEVICE, "netns", node.name];
  await ip("link", "add", name, "type", "veth", ...end);
  await ip("link", "set", name, "master", "switch", "up");
  await node.must("ip", ["address", "add", `${underlayAddress(name)}/24`, "dev", UNDERLAY_DEVICE]);
  await node.must("ip", ["link", "set", UNDERLAY_DEVICE, "up"]);
}
