import type { Command } from "commander";
import type { FdbList, FdbView } from "../agent/forwarding-view.ts";
import { createClient } from "../api/client.ts";
import { addChangeCommand, type ChangeOptions, required } from "./change.ts";
import { integerOption } from "./numbers.ts";
import { PORT_COLUMNS } from "./port-name.ts";
import { type ShowOptions, toJson, withShowOptions } from "./show.ts";
import { type Column, renderTable } from "./table.ts";
import { formatDuration } from "./units.ts";
import { renderWaiting } from "./waiting.ts";

interface FdbOptions extends ChangeOptions {
  port?: string;
  peer?: string;
  vlan?: number;
}

interface FilterOptions extends ShowOptions {
  network?: string;
  mac?: string;
  vlan?: number;
  port?: string;
}

const MAX_VLAN = 4094;

const COLUMNS: Column<FdbView>[] = [
  { title: "NETWORK", cell: ({ network }) => network },
  { title: "MAC", cell: ({ mac }) => mac },
  { title: "VLAN", cell: ({ vlan }) => vlan, align: "right" },
  ...PORT_COLUMNS,
  { title: "PEER", cell: ({ peer }) => peer || null },
  { title: "SOURCE", cell: ({ source }) => source },
  { title: "AGE", cell: ({ source, age }) => (source === "learned" ? formatDuration(age) : null) },
];

export function renderFdb({ entries, waiting }: FdbList): string {
  const table = entries.length === 0 ? "no FDB entries match\n" : renderTable(COLUMNS, entries);
  return `${table}${renderWaiting(waiting)}`;
}

function placeOf(port: string | undefined, peer: string | undefined) {
  if (peer === undefined) return { port: required(port, "--port or --peer") };
  return { peer, ...(port !== undefined && { port }) };
}

export function addFdbCommand(program: Command): void {
  const fdb = program
    .command("fdb")
    .description("show and change the FDB of bridged networks and overlays");
  const vlan = integerOption(0, MAX_VLAN);
  const show = fdb
    .command("show", { isDefault: true })
    .description("show which MAC is behind which port")
    .option("--network <name>", "only those of one network")
    .option("--mac <mac>", "only one MAC")
    .option("--vlan <id>", "only one VLAN", vlan)
    .option("--port <name>", "only those behind one port");
  withShowOptions(show).action(async ({ socket, json, ...filter }: FilterOptions) => {
    const list = await createClient(socket).fdb({ ...filter });
    process.stdout.write(json ? toJson(list) : renderFdb(list));
  });
  for (const verb of ["add", "del"] as const) {
    addChangeCommand<FdbOptions>(fdb, {
      table: "fdb",
      verb,
      argument: "mac",
      meaning: "MAC address",
      extend: (command) => {
        if (verb === "add") {
          command.option("--port <name>", "port that it is behind");
          command.option("--peer <address>", "VTEP of another node that it is behind");
        }
        return command.option("--vlan <id>", "VLAN (default: that of untagged frames)", vlan);
      },
      change: (mac, { port, peer, vlan }) => ({
        mac,
        ...(vlan !== undefined && { vlan }),
        ...(verb === "add" && placeOf(port, peer)),
      }),
    });
  }
}
