import { must } from "../../../test/harness/run.ts";
import type { ShownCheck } from "../check.ts";
import { callCni } from "../stage.ts";
import type { Section, Step } from "../step.ts";
import { CLUSTER6, VNIS } from "./nodes.ts";
import { OVERLAY_PODS, type OverlayPod, type OverlayPodName, type OverlayStage } from "./stage.ts";

const ROW = "overlay ADD";

/** ADD for each pod, by the agent of its node. */
export const overlayAttachSection: Section<OverlayStage> = {
  title: "Two tenants with the same IPv4 addresses, a pod of each on both nodes",
  steps: OVERLAY_PODS.map(attachStep),
};

function attachStep(name: OverlayPodName): Step<OverlayStage> {
  return {
    name: `overlay-attach-${name}`,
    label: `ADD ${name}`,
    unit: "ms",
    row: ROW,
    essential: true,
    run: (stage) => attach(stage, stage.pods[name]),
  };
}

async function attach({ scope, nodes }: OverlayStage, pod: OverlayPod): Promise<ShownCheck[]> {
  const { name, network, node } = pod;
  const { ms, json } = await callCni({ agent: nodes[node].agent, scope }, "ADD", pod);
  pod.result = json;
  if (network === "amber") await addRouteToGreen(pod);
  const value = Math.round(ms * 10) / 10;
  const where = `${node}, network ${network}, VNI ${VNIS[network]}`;
  return [
    {
      name: `overlay-attach-${name}`,
      label: `ADD ${name}`,
      ok: true,
      value,
      unit: "ms",
      text: `${value} ms, ${where}, ${pod.address(4).address} ${pod.address(6).address}`,
      row: ROW,
      cell: `${name} ${value} ms`,
    },
  ];
}

// A segment has no gateway to refuse anything. With this route the pod looks for the other tenant
// on its own segment, so that what it sends really reaches the ring loop.
async function addRouteToGreen({ namespace: { name } }: OverlayPod): Promise<void> {
  await must("ip", ["-n", name, "-6", "route", "add", CLUSTER6.green, "dev", "eth0"]);
}
