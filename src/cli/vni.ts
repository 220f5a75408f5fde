import type { Command } from "commander";
import type { VniView } from "../vxlan/view.ts";
import { addShowCommand } from "./show.ts";
import { type Column, renderTable } from "./table.ts";

/** A flood list has as many as there are nodes; --json prints them all. */
const MAX_PEERS = 4;

const COLUMNS: Column<VniView>[] = [
  { title: "NETWORK", cell: ({ network }) => network },
  { title: "VNI", cell: ({ vni }) => vni, align: "right" },
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "VTEP", cell: ({ vtep }) => vtep },
  { title: "MAC", cell: ({ mac }) => mac },
  { title: "MTU", cell: ({ mtu }) => mtu, align: "right" },
  { title: "REMOTE ENDPOINTS", cell: ({ remoteEndpoints }) => remoteEndpoints, align: "right" },
  { title: "REMOTE PREFIXES", cell: prefixes, align: "right" },
  { title: "FLOODS TO", cell: floodList },
];

export function renderVnis(vnis: VniView[]): string {
  if (vnis.length === 0) return "no network has a VNI\n";
  return renderTable(COLUMNS, vnis);
}

export function addVniCommand(program: Command): void {
  const vni = program.command("vni").description("show the networks that have a VNI");
  addShowCommand(vni, {
    name: "show",
    description: "show VNIs and what is known of them on other nodes",
    isDefault: true,
    ask: (client) => client.vnis(),
    render: renderVnis,
  });
}

function prefixes({ kind, remotePrefixes }: VniView): number | null {
  return kind === "routed" ? remotePrefixes : null;
}

function floodList({ kind, flood }: VniView): string | null {
  if (kind === "routed") return null;
  if (flood.length === 0) return "nobody";
  if (flood.length <= MAX_PEERS) return flood.join("\n");
  const shown = flood.slice(0, MAX_PEERS - 1);
  return [...shown, `… ${flood.length - shown.length} more`].join("\n");
}
