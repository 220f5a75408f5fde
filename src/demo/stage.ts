import { isIPv4 } from "node:net";
import { type AgentProcess, startAgent } from "../../test/harness/agent-process.ts";
import { type CniAnswer, cni } from "../../test/harness/cni-call.ts";
import { createNamespace, type Namespace } from "../../test/harness/namespace.ts";
import type { Scope } from "../../test/harness/scope.ts";

/** Pods by name, with the network each one is attached to. */
const PODS = { blue1: "blue", blue2: "blue", red1: "red" } as const;
export type PodName = keyof typeof PODS;

export const POD_NAMES = Object.keys(PODS) as PodName[];

// Every pod sends everything to its gateway, so that packets for the other network really reach
// the ring loop and are refused there, not in the pod.
const DEFAULT_ROUTES = ["0.0.0.0/0", "::/0"];
const NETWORKS = [
  { name: "blue", nodePrefixes: ["10.77.1.0/24", "fd77:1::/64"], routes: DEFAULT_ROUTES },
  { name: "red", nodePrefixes: ["10.77.2.0/24", "fd77:2::/64"], routes: DEFAULT_ROUTES },
];

export type Family = 4 | 6;

interface PodAddress {
  address: string;
  gateway: string;
}

export interface Pod {
  name: string;
  network: string;
  containerId: string;
  namespace: Namespace;
  /** Result of ADD, null before it. */
  result: unknown;
  /** @throws Error before ADD */
  address(family: Family): PodAddress;
}

/** Everything the first act plays with: an agent and three pods, each in a network namespace. */
export interface Stage {
  scope: Scope;
  node: Namespace;
  agent: AgentProcess;
  agents: readonly AgentProcess[];
  pods: Record<PodName, Pod>;
}

/** Creates the namespaces and starts the agent in one of them. */
export async function openStage(scope: Scope): Promise<Stage> {
  const node = await createNamespace(scope, "node");
  const [blue1, blue2, red1] = [
    await createPod(scope, "blue1", PODS.blue1),
    await createPod(scope, "blue2", PODS.blue2),
    await createPod(scope, "red1", PODS.red1),
  ];
  const agent = await startAgent(scope, { namespace: node, config: { networks: NETWORKS } });
  return { scope, node, agent, agents: [agent], pods: { blue1, blue2, red1 } };
}

/** Executes the CNI plugin for a pod as a runtime does. */
export async function callCni(
  { agent, scope }: Pick<Stage, "agent" | "scope">,
  verb: "ADD" | "CHECK" | "DEL",
  pod: Pod,
): Promise<CniAnswer> {
  const answer = await cni(verb, {
    socket: agent.socket,
    network: pod.network,
    containerId: pod.containerId,
    netns: pod.namespace.path,
    args: { K8S_POD_NAMESPACE: "demo", K8S_POD_NAME: pod.name },
    ...(pod.result !== null && { prevResult: pod.result }),
    signal: scope.signal,
  });
  if (answer.exitCode === 0) return answer;
  const { json, stderr } = answer;
  throw new Error(`${verb} was refused: ${json?.msg ?? stderr} ${json?.details ?? ""}`.trim());
}

/** A network namespace that ADD will attach to a network. */
export async function createPod(scope: Scope, name: string, network: string): Promise<Pod> {
  const pod: Pod = {
    name,
    network,
    containerId: scope.name(name),
    namespace: await createNamespace(scope, name),
    result: null,
    address: (family) => addressOf(pod.result, family, name),
  };
  return pod;
}

/** Picks from the `ips` of a CNI result: CNI spec 1.1.0, section 5. */
function addressOf(result: unknown, family: Family, name: string): PodAddress {
  const { ips = [] } = (result ?? {}) as { ips?: PodAddress[] };
  const found = ips.find(({ address }) => isIPv4(bare(address)) === (family === 4));
  if (found === undefined) throw new Error(`${name} has no IPv${family} address: ADD failed`);
  return { address: bare(found.address), gateway: found.gateway };
}

const bare = (cidr: string): string => cidr.split("/")[0] ?? cidr;
