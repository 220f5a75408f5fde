import type { ShownCheck } from "../check.ts";
import type { Family, Stage } from "../stage.ts";
import type { Section, Step } from "../step.ts";
import { ping } from "./ping.ts";

const COUNT = 3;
const REASON = "no-route";
const ROW = "blue → red";

/** A pod of one network must not reach a pod of another, and is told so. */
export const isolationSection: Section = {
  title: "Networks kept apart",
  steps: [refusedStep(4), refusedStep(6)],
};

function refusedStep(family: Family): Step {
  return {
    name: `refused-v${family}`,
    label: `blue1 → red1 refused, IPv${family}`,
    unit: "refusals",
    row: ROW,
    run: (stage) => refused(stage, family),
  };
}

async function refused(stage: Stage, family: Family): Promise<ShownCheck[]> {
  const { blue1, red1 } = stage.pods;
  const before = await noRouteDrops(stage);
  const { sent, received, errors } = await ping(blue1, red1.address(family).address, COUNT);
  const grown = (await noRouteDrops(stage)) - before;
  const [first = "no ICMP error came back"] = errors;
  const ok = sent === COUNT && received === 0 && errors.length > 0;
  return [
    {
      name: `refused-v${family}`,
      label: `blue1 → red1 refused, IPv${family}`,
      ok,
      value: errors.length,
      unit: "refusals",
      text: `${received} of ${sent} answered; "${first}"`,
      row: ROW,
      cell: ok ? `IPv${family} refused by ICMP` : `IPv${family}: ${received} of ${sent} answered`,
    },
    {
      name: `no-route-drops-v${family}`,
      label: `dropped as ${REASON}, IPv${family}`,
      ok: grown >= COUNT,
      value: grown,
      unit: "packets",
      text: `the counter grew by ${grown} for ${COUNT} packets`,
      row: ROW,
      cell: `${grown} ${REASON}`,
    },
  ];
}

/** On the port of blue1: what it sent and nobody may have. */
async function noRouteDrops({ agent, pods }: Stage): Promise<number> {
  const { ports } = await agent.client.counters();
  const own = ports.find(({ attachment }) => attachment.startsWith(`${pods.blue1.containerId}:`));
  const drops = own?.drops[REASON];
  if (drops === undefined) throw new Error(`the agent counts no drops as ${REASON} for blue1`);
  return drops;
}
