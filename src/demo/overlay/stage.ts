import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type AgentProcess, startAgent } from "../../../test/harness/agent-process.ts";
import type { Namespace } from "../../../test/harness/namespace.ts";
import type { Scope } from "../../../test/harness/scope.ts";
import { createPod, type Pod } from "../stage.ts";
import type { Played } from "../step.ts";
import { type Capture, startCapture } from "./capture.ts";
import { type MacsByNode, makeGreenMac, type NodeName, nodeConfig, type Tenant } from "./nodes.ts";
import { createUnderlay } from "./underlay.ts";

/** Pods by name, with their tenant and the node they run on. */
export const PLACES = {
  green1: { network: "green", node: "node1" },
  green2: { network: "green", node: "node2" },
  amber1: { network: "amber", node: "node1" },
  amber2: { network: "amber", node: "node2" },
} as const;
export type OverlayPodName = keyof typeof PLACES;

export const OVERLAY_PODS = Object.keys(PLACES) as OverlayPodName[];

export interface OverlayPod extends Pod {
  network: Tenant;
  node: NodeName;
}

/** Two nodes with an agent each, and a pod of both tenants on each of them. */
export interface OverlayStage extends Played {
  scope: Scope;
  agents: AgentProcess[];
  nodes: Record<NodeName, { namespace: Namespace; agent: AgentProcess }>;
  pods: Record<OverlayPodName, OverlayPod>;
  /** Of the underlay, from the first packet on. */
  capture: Capture;
  greenMacs: MacsByNode;
}

/** Joins two nodes by an underlay, captures it and starts both agents. */
export async function openOverlay(scope: Scope): Promise<OverlayStage> {
  const { nodes, wire } = await createUnderlay(scope);
  const pods = {
    green1: await createOverlayPod(scope, "green1"),
    green2: await createOverlayPod(scope, "green2"),
    amber1: await createOverlayPod(scope, "amber1"),
    amber2: await createOverlayPod(scope, "amber2"),
  };
  const capture = await startCapture(scope, wire, "node1");
  const greenMacs = { node1: await prepare(scope, "node1"), node2: await prepare(scope, "node2") };
  const start = (name: NodeName) =>
    startAgent(scope, { namespace: nodes[name], config: nodeConfig(name, greenMacs), name });
  const [agent1, agent2] = await Promise.all([start("node1"), start("node2")]);
  return {
    scope,
    agents: [agent1, agent2],
    nodes: {
      node1: { namespace: nodes.node1, agent: agent1 },
      node2: { namespace: nodes.node2, agent: agent2 },
    },
    pods,
    capture,
    greenMacs,
  };
}

/** The other pod of the same tenant. */
export function partnerOf({ pods }: OverlayStage, pod: OverlayPod): OverlayPod {
  const found = OVERLAY_PODS.map((name) => pods[name]).find(
    ({ network, name }) => network === pod.network && name !== pod.name,
  );
  if (found === undefined) throw new Error(`${pod.name} is alone in ${pod.network}`);
  return found;
}

/** The pods of the other tenant, on both nodes. */
export function strangersOf({ pods }: OverlayStage, pod: OverlayPod): OverlayPod[] {
  return OVERLAY_PODS.map((name) => pods[name]).filter(({ network }) => network !== pod.network);
}

async function createOverlayPod(scope: Scope, name: OverlayPodName): Promise<OverlayPod> {
  const { network, node } = PLACES[name];
  return Object.assign(await createPod(scope, name, network), { network, node });
}

/** The state directory as the harness names it, with the MAC address the other node must know. */
function prepare(scope: Scope, node: NodeName): Promise<string> {
  const stateDir = join(scope.dir, `${node}-state`);
  mkdirSync(stateDir, { mode: 0o700 });
  return makeGreenMac(stateDir);
}
