import type { AgentProcess } from "../../../test/harness/agent-process.ts";
import { CLI } from "../../../test/harness/paths.ts";
import { run } from "../../../test/harness/run.ts";
import { VXLAN_PORT } from "../../config/vtep-schema.ts";
import { vniPortName } from "../../dataplane/overlay.ts";
import type { ShownCheck } from "../check.ts";
import type { Section } from "../step.ts";
import { UNDERLAY_DEVICE, VNIS } from "./nodes.ts";
import type { OverlayStage } from "./stage.ts";

const ROW = "trace";
const INTO = "into the tunnel, on node1";
const OUT_OF = "out of the tunnel, on node2";

/** What a user asks when a pod on another node does not answer. */
export const traceSection: Section<OverlayStage> = {
  title: 'The way of a packet from green1 to green2 ("millrace trace")',
  steps: [
    { name: "overlay-trace-into", label: INTO, unit: "steps", row: ROW, run: traceInto },
    { name: "overlay-trace-out", label: OUT_OF, unit: "steps", row: ROW, run: traceOutOf },
  ],
};

async function traceInto(stage: OverlayStage): Promise<ShownCheck[]> {
  const { green1 } = stage.pods;
  const { agent } = stage.nodes[green1.node];
  // By name: the address alone would be that of amber1 as well.
  const traced = await trace(stage, agent, ["--from", `demo/${green1.name}`]);
  const encapsulated = traced.output.includes("vxlan_encap");
  return [show("overlay-trace-into", INTO, traced, encapsulated, UNDERLAY_DEVICE)];
}

async function traceOutOf(stage: OverlayStage): Promise<ShownCheck[]> {
  const { green1, green2 } = stage.pods;
  const port = vniPortName(VNIS.green, VXLAN_PORT);
  const from = ["--from", port, "--source", green1.address(4).address];
  const traced = await trace(stage, stage.nodes[green2.node].agent, from);
  return [show("overlay-trace-out", OUT_OF, traced, true, `demo/${green2.name}`)];
}

interface Traced {
  /** Status 0: somebody would receive it. */
  arrives: boolean;
  output: string;
}

async function trace(
  { scope, pods }: OverlayStage,
  { socket }: AgentProcess,
  from: string[],
): Promise<Traced> {
  const to = ["--to", pods.green2.address(4).address, "--proto", "tcp", "--dport", "443"];
  const args = [CLI, "trace", ...from, ...to, "--socket", socket];
  const { stdout, stderr, exitCode } = await run(process.execPath, args, { signal: scope.signal });
  if (stdout === "") throw new Error(stderr.trim());
  return { arrives: exitCode === 0, output: stdout.trimEnd() };
}

/** @param by what the last line has to name as the way out */
function show(name: string, label: string, traced: Traced, ok: boolean, by: string): ShownCheck {
  const { arrives, output } = traced;
  const steps = output.match(/^ *\d+ /gm)?.length ?? 0;
  const end = output.split("\n").at(-1) ?? "";
  return {
    name,
    label,
    ok: ok && arrives && end.includes(by),
    value: steps,
    unit: "steps",
    text: `${steps} steps, ${end}`,
    detail: output,
    row: ROW,
    cell: end,
  };
}
