import type { ShownCheck } from "../check.ts";
import { callCni } from "../stage.ts";
import type { Section, Step } from "../step.ts";
import { NODE_NAMES, UNDERLAY_DEVICE } from "./nodes.ts";
import { OVERLAY_PODS, type OverlayPodName, type OverlayStage } from "./stage.ts";

const DEL_ROW = "overlay DEL";
const END_ROW = "overlay nodes";

/** DEL for each pod; then both nodes are as they were, and their agents stop cleanly. */
export const overlayDetachSection: Section<OverlayStage> = {
  title: "Overlay taken away",
  steps: [
    ...OVERLAY_PODS.map(detachStep),
    { name: "overlay-stop", label: "agents stopped", unit: "ms", row: END_ROW, run: stopAgents },
  ],
};

function detachStep(name: OverlayPodName): Step<OverlayStage> {
  return {
    name: `overlay-detach-${name}`,
    label: `DEL ${name}`,
    unit: "ms",
    row: DEL_ROW,
    run: (stage) => detach(stage, name),
  };
}

async function detach({ scope, nodes, pods }: OverlayStage, name: OverlayPodName) {
  const pod = pods[name];
  const { ms } = await callCni({ agent: nodes[pod.node].agent, scope }, "DEL", pod);
  const gone = (await pod.namespace.links()).every(({ ifname }) => ifname !== "eth0");
  const value = round(ms);
  const check: ShownCheck = {
    name: `overlay-detach-${name}`,
    label: `DEL ${name}`,
    ok: gone,
    value,
    unit: "ms",
    text: gone ? `${value} ms` : "eth0 is still in the pod",
    row: DEL_ROW,
    cell: `${name} ${value} ms`,
  };
  return [check];
}

async function stopAgents({ agents, nodes }: OverlayStage): Promise<ShownCheck[]> {
  const started = performance.now();
  const statuses = await Promise.all(agents.map((agent) => agent.stop()));
  const value = round(performance.now() - started);
  const left = await Promise.all(NODE_NAMES.map((name) => linksOf(nodes[name])));
  const others = left.flat();
  const said = statuses.map((status) => status ?? "none").join(" and ");
  const links = others.length === 0 ? "no link left behind" : `left behind: ${others.join(", ")}`;
  return [
    {
      name: "overlay-stop",
      label: "agents stopped",
      ok: statuses.every((status) => status === 0) && others.length === 0,
      value,
      unit: "ms",
      text: `${value} ms after SIGTERM, exit status ${said}, ${links}`,
      row: END_ROW,
      cell: `stopped in ${value} ms`,
    },
  ];
}

/** But for what the node had before. */
async function linksOf({ namespace }: OverlayStage["nodes"]["node1"]): Promise<string[]> {
  const names = (await namespace.links()).map(({ ifname }) => ifname);
  return names.filter((name) => name !== "lo" && name !== UNDERLAY_DEVICE);
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
