import { type AgentProcess, startAgent } from "../../test/harness/agent-process.ts";
import { mustCni } from "../../test/harness/cni-call.ts";
import { createNamespace, type Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { createQuietNamespace } from "../duts/topology.ts";
import { raiseSessionOf } from "../lib/priority.ts";
import { testPrefix } from "../traffic/load.ts";
import { Tester } from "../trial/tester.ts";
import type { Lane } from "../trial/types.ts";

export const network = "bench";
export const ifname = "eth0";
/** Of the receiving pod, so that the static route can name it before the pod is there. */
const receiverAddress = "10.1.0.200";

/** The one network of a node whose pair the test frames pass. */
export const pairNetwork = {
  name: network,
  nodePrefixes: ["10.1.0.0/16"],
  staticRoutes: [{ prefix: testPrefix, via: receiverAddress }],
};

export interface Node {
  agent: AgentProcess;
  namespace: Namespace;
}

export interface Pod {
  namespace: Namespace;
  containerId: string;
  mac: string;
  /** Without prefix length. */
  address: string;
}

export interface NodeOptions {
  /** Distinguishes the nodes of one scope. */
  name: string;
  /** Keys of the agent's configuration but log, socket and stateDir. */
  config: Record<string, unknown>;
}

/** A node with an agent whose session is raised as ours is; the scope removes both. */
export async function startNode(scope: Scope, options: NodeOptions): Promise<Node> {
  const { name, config } = options;
  const namespace = await createNamespace(scope, `${name}-node`);
  const withLog = { log: { level: "warn" }, ...config };
  const agent = await startAgent(scope, { namespace, name, config: withLog });
  raiseSessionOf(agent.pid);
  return { agent, namespace };
}

/** Attaches a new pod by the CNI executable. @param ips addresses it asks for */
export async function attachPod(
  scope: Scope,
  { agent }: Node,
  name: string,
  ips: string[] = [],
): Promise<Pod> {
  const namespace = await createQuietNamespace(scope, name);
  const { json } = await mustCni("ADD", {
    socket: agent.socket,
    network,
    containerId: namespace.name,
    netns: namespace.path,
    ifname,
    config: { args: { cni: { ips } } },
    signal: scope.signal,
  });
  const address = String(json.ips[0].address).split("/")[0] as string;
  const link = (await namespace.links()).find((one) => one.ifname === ifname);
  return { namespace, containerId: namespace.name, mac: link?.address ?? "", address };
}

export interface Pair {
  /** Generator and sink at the two pods. */
  tester: Tester;
  sender: Pod;
  receiver: Pod;
}

/** Two pods of a node with `pairNetwork`, with generator and sink at them. */
export async function attachPair(scope: Scope, node: Node, name: string): Promise<Pair> {
  const sender = await attachPod(scope, node, `${name}-sender`);
  const receiver = await attachPod(scope, node, `${name}-receiver`, [receiverAddress]);
  const lane = layLane(sender, receiver, await gatewayMacOf(node));
  return { tester: await Tester.open(scope, lane), sender, receiver };
}

/** UDP to the receiver itself, which the node forwards as a router. */
function layLane(sender: Pod, receiver: Pod, gatewayMac: string): Lane {
  return {
    tx: { netns: sender.namespace.name, ifname },
    rx: { netns: receiver.namespace.name, ifname },
    frame: {
      ethernet: { source: sender.mac, destination: gatewayMac },
      ip: { source: sender.address, destination: receiver.address },
      l4: { protocol: "udp", sourcePort: 1024, destinationPort: 9 },
    },
    flowFields: ["source-port"],
    arrival: { ttl: 63, addedBytes: 0 },
  };
}

async function gatewayMacOf({ agent }: Node): Promise<string> {
  const found = (await agent.client.networks()).find(({ name }) => name === network);
  if (found === undefined) throw new Error(`the agent has no network ${network}`);
  return found.gatewayMac;
}

/** The ways an agent's ports were bound, for notes. */
export async function describePorts({ agent }: Node): Promise<string> {
  const ports = await agent.client.ports();
  const modes = [...new Set(ports.map(({ mode }) => mode))].join(" and ");
  return `${ports.length} ports in ${modes} mode`;
}
