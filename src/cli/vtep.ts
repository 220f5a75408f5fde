import type { Command } from "commander";
import type { PeerView, VtepView } from "../vxlan/view.ts";
import { addShowCommand } from "./show.ts";
import { type Column, renderTable } from "./table.ts";

const COLUMNS: Column<VtepView>[] = [
  { title: "VTEP", cell: ({ name }) => name },
  { title: "ADDRESS", cell: ({ address4, address6 }) => lines([address4, address6]) },
  { title: "UDP PORT", cell: ({ udpPort }) => udpPort, align: "right" },
  { title: "UNDERLAY", cell: ({ underlay }) => underlay },
  { title: "PEERS", cell: ({ peers }) => peers.length, align: "right" },
];

interface PeerRow extends PeerView {
  vtep: string;
}

const PEER_COLUMNS: Column<PeerRow>[] = [
  { title: "VTEP", cell: ({ vtep }) => vtep },
  { title: "PEER", cell: ({ address }) => address },
  { title: "NODE", cell: ({ node }) => node || null },
  { title: "PATH MTU", cell: ({ pathMtu }) => pathMtu || null, align: "right" },
  { title: "PATH", cell: ({ path }) => path },
];

export function renderVteps(vteps: VtepView[]): string {
  if (vteps.length === 0) return 'no VTEPs: name some under "vteps" in the configuration\n';
  const peers = vteps.flatMap(({ name, peers }) => peers.map((peer) => ({ vtep: name, ...peer })));
  const table = renderTable(COLUMNS, vteps);
  return peers.length === 0 ? table : `${table}\n${renderTable(PEER_COLUMNS, peers)}`;
}

export function addVtepCommand(program: Command): void {
  const vtep = program.command("vtep").description("show the VTEPs of this node and their peers");
  addShowCommand(vtep, {
    name: "show",
    description: "show addresses and peers",
    isDefault: true,
    ask: (client) => client.vteps(),
    render: renderVteps,
  });
}

const lines = (texts: readonly string[]): string => texts.filter(Boolean).join("\n");
