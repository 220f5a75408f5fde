import type { Command } from "commander";
import type { NeighbourList, NeighbourView } from "../agent/forwarding-view.ts";
import { createClient } from "../api/client.ts";
import { addChangeCommand, type ChangeOptions, required } from "./change.ts";
import { PORT_COLUMNS } from "./port-name.ts";
import { type ShowOptions, toJson, withShowOptions } from "./show.ts";
import { type Column, renderTable } from "./table.ts";
import { renderWaiting } from "./waiting.ts";

interface NeighbourOptions extends ChangeOptions {
  port?: string;
  mac?: string;
}

interface FilterOptions extends ShowOptions {
  network?: string;
  port?: string;
  unresolved?: true;
}

const COLUMNS: Column<NeighbourView>[] = [
  { title: "NETWORK", cell: ({ network }) => network },
  { title: "ADDRESS", cell: ({ address }) => address },
  { title: "MAC", cell: ({ mac, resolved }) => (resolved ? mac : "unresolved") },
  ...PORT_COLUMNS,
  { title: "SOURCE", cell: ({ source }) => (source === "none" ? null : source) },
  { title: "USED", cell: ({ used }) => (used ? "yes" : "no") },
];

export function renderNeighbours({ neighbours, waiting }: NeighbourList): string {
  const table =
    neighbours.length === 0 ? "no neighbours match\n" : renderTable(COLUMNS, neighbours);
  return `${table}${renderWaiting(waiting)}`;
}

export function addNeighboursCommand(program: Command): void {
  const neighbours = program
    .command("neighbours")
    .description("show and change neighbours on the uplinks of routed networks");
  const show = neighbours
    .command("show", { isDefault: true })
    .description("show the neighbours, those of the kernel included")
    .option("--network <name>", "only those of one network")
    .option("--port <name>", "only those behind one port")
    .option("--unresolved", "only those whose MAC is not known");
  withShowOptions(show).action(async ({ socket, json, ...filter }: FilterOptions) => {
    const list = await createClient(socket).neighbours({ ...filter });
    process.stdout.write(json ? toJson(list) : renderNeighbours(list));
  });
  for (const verb of ["add", "del"] as const) {
    addChangeCommand<NeighbourOptions>(neighbours, {
      table: "neighbours",
      verb,
      argument: "address",
      meaning: "address of the neighbour",
      extend: (command) => {
        command.option("--port <name>", "uplink that it is behind");
        return verb === "add" ? command.option("--mac <mac>", "its MAC") : command;
      },
      change: (address, { port, mac }) => ({
        address,
        port: required(port, "--port"),
        ...(verb === "add" && { mac: required(mac, "--mac") }),
      }),
    });
  }
}
