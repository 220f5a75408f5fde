import { type AgentProcess, startAgent } from "../../test/harness/agent-process.ts";
import { mustCni } from "../../test/harness/cni-call.ts";
import { createNamespace, type Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";
import { raiseSessionOf } from "../lib/priority.ts";
import type { Lane } from "../traffic/generator.ts";
import { testPrefix } from "../traffic/load.ts";
import { Sink } from "../traffic/sink.ts";
import { createQuietNamespace } from "../traffic/topology.ts";

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
  return { namespace, containerId: namespace.name, address };
}

export interface Pair {
  lane: Lane;
  sender: Pod;
  receiver: Pod;
}

/** Two pods of a node with `pairNetwork`, with the sink that test frames end at. */
export async function attachPair(scope: Scope, node: Node, name: string): Promise<Pair> {
  const sender = await attachPod(scope, node, `${name}-sender`);
  const receiver = await attachPod(scope, node, `${name}-receiver`, [receiverAddress]);
  const sink = await Sink.start(scope, receiver.namespace.name, ifname, 63);
  const gatewayMac = await gatewayMacOf(node);
  return { lane: { netns: sender.namespace.name, ifname, gatewayMac, sink }, sender, receiver };
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
