import type { ShownCheck } from "../check.ts";
import { callCni, POD_NAMES, type Pod, type PodName, type Stage } from "../stage.ts";
import type { Section, Step } from "../step.ts";

const ROW = "CNI ADD";

/** ADD for each pod, and the mode its port reached. */
export const attachSection: Section = {
  title: "Pods attached by executing the CNI plugin",
  steps: POD_NAMES.map(attachStep),
};

function attachStep(name: PodName): Step {
  return {
    name: `attach-${name}`,
    label: `ADD ${name}`,
    unit: "ms",
    row: ROW,
    essential: true,
    run: (stage) => attach(stage, stage.pods[name]),
  };
}

async function attach(stage: Stage, pod: Pod): Promise<ShownCheck[]> {
  const { ms, json } = await callCni(stage, "ADD", pod);
  pod.result = json;
  const value = Math.round(ms * 10) / 10;
  const addresses = `${pod.address(4).address} ${pod.address(6).address}`;
  const attached: ShownCheck = {
    name: `attach-${pod.name}`,
    label: `ADD ${pod.name}`,
    ok: true,
    value,
    unit: "ms",
    text: `${value} ms, network ${pod.network}, ${addresses}`,
    row: ROW,
    cell: `${pod.name} ${value} ms`,
  };
  return [attached, await modeReached(stage, pod)];
}

async function modeReached({ agent }: Stage, pod: Pod): Promise<ShownCheck> {
  const ports = await agent.client.ports();
  const port = ports.find(({ attachment }) => attachment.startsWith(`${pod.containerId}:`));
  const value = port?.mode ?? "none";
  const text = port && `${port.mode} mode, TX checksum by ${port.txChecksum}`;
  return {
    name: `mode-${pod.name}`,
    label: `port of ${pod.name}`,
    ok: port !== undefined,
    value,
    unit: "mode",
    text: text ?? "the agent shows no port for it",
    row: "mode reached",
    cell: `${pod.name} ${value}`,
  };
}
