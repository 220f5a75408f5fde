import type { ShownCheck } from "../check.ts";
import { callCni, POD_NAMES, type Pod, type PodName, type Stage } from "../stage.ts";
import type { Section, Step } from "../step.ts";

const DEL_ROW = "CNI DEL";
const END_ROW = "left behind";

/** DEL twice for each pod, then nothing of ours may be left, and the agent stops cleanly. */
export const detachSection: Section = {
  title: "Pods detached, agent stopped",
  steps: [
    ...POD_NAMES.map(detachStep),
    { name: "links-gone", label: "links left behind", unit: "links", row: END_ROW, run: linksLeft },
    { name: "agent-stop", label: "agent stopped", unit: "ms", row: "agent", run: stopAgent },
  ],
};

function detachStep(name: PodName): Step {
  return {
    name: `detach-${name}`,
    label: `DEL ${name}, twice`,
    unit: "ms",
    row: DEL_ROW,
    run: (stage) => detach(stage, stage.pods[name]),
  };
}

async function detach(stage: Stage, pod: Pod): Promise<ShownCheck[]> {
  const first = await callCni(stage, "DEL", pod);
  const again = await callCni(stage, "DEL", pod);
  const links = await pod.namespace.links();
  const gone = links.every(({ ifname }) => ifname !== "eth0");
  const value = round(first.ms);
  return [
    {
      name: `detach-${pod.name}`,
      label: `DEL ${pod.name}, twice`,
      ok: gone,
      value,
      unit: "ms",
      text: gone ? `${value} ms, again ${round(again.ms)} ms` : "eth0 is still in the pod",
      row: DEL_ROW,
      cell: `${pod.name} ${value} ms`,
    },
  ];
}

async function linksLeft({ node }: Stage): Promise<ShownCheck[]> {
  const names = (await node.links()).map(({ ifname }) => ifname).filter((name) => name !== "lo");
  const text = names.length === 0 ? "none" : names.join(", ");
  return [
    {
      name: "links-gone",
      label: "links left behind",
      ok: names.length === 0,
      value: names.length,
      unit: "links",
      text,
      row: END_ROW,
      cell: `links: ${text}`,
    },
  ];
}

async function stopAgent({ agent }: Stage): Promise<ShownCheck[]> {
  const started = performance.now();
  const status = await agent.stop();
  const value = round(performance.now() - started);
  return [
    {
      name: "agent-stop",
      label: "agent stopped",
      ok: status === 0,
      value,
      unit: "ms",
      text: `${value} ms after SIGTERM, exit status ${status ?? "none: it had to be killed"}`,
      row: "agent",
      cell: `stopped in ${value} ms`,
    },
  ];
}

const round = (ms: number): number => Math.round(ms * 10) / 10;
