import type { Command } from "commander";
import { colors } from "../telemetry/colors.ts";
import type { Conflict } from "../vxlan/conflicts.ts";
import type { FabricNodeView, FabricView, RejectedView } from "../vxlan/view.ts";
import { addShowCommand } from "./show.ts";
import { type Column, renderFields, renderTable } from "./table.ts";

const NODE_COLUMNS: Column<FabricNodeView>[] = [
  { title: "NODE", cell: ({ name }) => name },
  { title: "ADDRESS", cell: ({ addresses }) => addresses.join(", ") || null },
  { title: "NETWORKS", cell: ({ networks }) => networks.join(", ") || null },
  { title: "KNOWN FROM", cell: ({ source }) => (source === "saved" ? "the disk" : "the fabric") },
];

export function renderFabric(fabric: FabricView): string {
  const { driver, node, lastError, problem, nodes, rejected, conflicts } = fabric;
  if (driver === "none") return 'no fabric: name its driver under "fabric" in the configuration\n';
  const fields = renderFields([
    ["driver", driver],
    ["this node", node],
    ["state", fabric.connected ? colors.green("connected") : colors.red("not connected")],
    ["synchronised", fabric.synchronisedAt ?? "never"],
    ["nodes", nodes.length],
    ...(lastError === "" ? [] : [["last error", lastError] as const]),
    ...(problem === "" ? [] : [["problem", colors.red(problem)] as const]),
  ]);
  const table = nodes.length === 0 ? "" : `\n${renderTable(NODE_COLUMNS, nodes)}`;
  const troubles = [...rejected.map(rejectedText), ...conflicts.map(conflictText)];
  return `${fields}${table}${troubles.length === 0 ? "" : `\n${troubles.join("")}`}`;
}

export function addFabricCommand(program: Command): void {
  const fabric = program.command("fabric").description("show the other nodes of the overlay");
  addShowCommand(fabric, {
    name: "show",
    description: "show driver, nodes, and what of them is rejected or claimed twice",
    isDefault: true,
    ask: (client) => client.fabric(),
    render: renderFabric,
  });
}

const rejectedText = ({ entry, reason }: RejectedView): string =>
  `${colors.yellow("rejected")}  ${entry}: ${reason}\n`;

function conflictText({ kind, where, entry, winner, losers }: Conflict): string {
  const what = `${kind === "vtep" ? "VTEP address" : kind} ${entry} (${where})`;
  const claim = losers.length === 1 ? "claims" : "claim";
  const who = `${winner} has it, ${losers.join(", ")} ${claim} it too`;
  return `${colors.yellow("conflict")}  ${what}: ${who}\n`;
}
