import type { Command } from "commander";
import type { AgentStatus, ReconcileView, SpoolView, WorkerView } from "../agent/view.ts";
import { formatCpuList } from "../config/host.ts";
import { colors } from "../telemetry/colors.ts";
import { addShowCommand } from "./show.ts";
import { type Column, renderFields, renderTable } from "./table.ts";
import { formatBytes, formatDuration } from "./units.ts";

const WORKER_COLUMNS: Column<WorkerView>[] = [
  { title: "WORKER", cell: (worker) => worker.worker, align: "right" },
  { title: "CPU", cell: ({ cpu }) => (cpu < 0 ? "any" : formatCpuList([cpu])), align: "right" },
  { title: "PORTS", cell: (worker) => worker.ports, align: "right" },
  { title: "UMEM", cell: (worker) => formatBytes(worker.umemBytes), align: "right" },
  { title: "HUGEPAGES", cell: (worker) => (worker.hugepages ? "yes" : "no") },
  { title: "FRAMES", cell: (worker) => worker.frames, align: "right" },
  { title: "IN USE", cell: (worker) => worker.framesInUse, align: "right" },
];

export function renderStatus(status: AgentStatus): string {
  const { attachments, journal } = status;
  const others = (["adding", "removing", "lost"] as const)
    .filter((state) => attachments[state] > 0)
    .map((state) => `, ${attachments[state]} ${state}`)
    .join("");
  const fields = renderFields([
    ["state", stateText(status)],
    ["version", `${status.version}, pid ${status.pid}, up ${formatDuration(status.uptimeSeconds)}`],
    ["socket", status.socket],
    ["journal", `${journal.path}, ${journal.records} records, ${formatBytes(journal.bytes)}`],
    ["spool", spoolText(status.spool)],
    ["networks", status.networks],
    ["attachments", `${attachments.attached} attached${others}`],
    ["ports", portsText(status)],
    ["flow lane", laneText(status.flowLane)],
    ["last sweep", sweepText(status.reconcile)],
  ]);
  return `${fields}${problemLines(status)}\n${renderTable(WORKER_COLUMNS, status.workers)}`;
}

export function addStatusCommand(program: Command): void {
  addShowCommand(program, {
    name: "status",
    description: "show whether the agent can attach pods, and its workers",
    ask: (client) => client.status(),
    render: renderStatus,
  });
}

function portsText({ ports, tcPorts }: AgentStatus): string {
  return tcPorts === 0 ? `${ports}` : `${ports}, ${tcPorts} of them of backend tc`;
}

function laneText(lane: AgentStatus["flowLane"]): string {
  if (lane === null) return "off";
  return lane.missing === "" ? `${lane.flows} flows` : colors.yellow(`none: ${lane.missing}`);
}

function stateText({ state, problems }: AgentStatus): string {
  if (state === "ready" && problems.length === 0) return colors.green("ready");
  return colors.yellow(problems.length === 0 ? state : `${state}, cannot attach pods`);
}

function spoolText({ path, waiting, unusable }: SpoolView): string {
  const aside = unusable === 0 ? "" : `, ${unusable} unusable`;
  return `${path}, ${waiting} DELs${aside}`;
}

function problemLines({ problems, spool, reconcile }: AgentStatus): string {
  return [...problems, spool.problem, ...(reconcile?.failures ?? [])]
    .filter((problem) => problem !== "")
    .map((problem) => `${colors.red("problem")}  ${problem}\n`)
    .join("");
}

function sweepText(sweep: ReconcileView | null): string {
  if (sweep === null) return "none yet";
  const { at, undone, restored, released, swept, lost } = sweep;
  const done = Object.entries({ undone, restored, released, swept, lost })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
  return `${at}: ${done.length === 0 ? "nothing to repair" : done.join(", ")}`;
}
