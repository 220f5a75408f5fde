import type { Command } from "commander";
import type { PortView } from "../agent/view.ts";
import { addShowCommand } from "./show.ts";
import { type Column, renderTable } from "./table.ts";

/** XDP_STATISTICS that mean loss; an empty TX ring only means that there is nothing to send. */
const LOSSES = [
  "rx_dropped",
  "rx_ring_full",
  "rx_fill_ring_empty_descs",
  "rx_invalid_descs",
  "tx_invalid_descs",
];

const COLUMNS: Column<PortView>[] = [
  { title: "PORT", cell: (port) => port.port, align: "right" },
  { title: "INTERFACE", cell: (port) => port.ifname },
  { title: "NETWORK", cell: (port) => port.network },
  { title: "MODE", cell: (port) => port.mode },
  { title: "TX CHECKSUM", cell: (port) => port.txChecksum },
  { title: "WORKER", cell: (port) => port.worker, align: "right" },
  { title: "FILL", cell: (port) => port.fill, align: "right" },
  { title: "ATTACHMENT", cell: (port) => port.attachment },
  { title: "KERNEL DROPS", cell: kernelDrops },
  { title: "REFUSED MODES", cell: (port) => port.refused.join("; ") || null },
];

export function renderPorts(ports: PortView[]): string {
  return ports.length === 0 ? "no ports: no pod is attached\n" : renderTable(COLUMNS, ports);
}

function kernelDrops({ kernel }: PortView): string | null {
  if (kernel === null) return "socket is dead";
  const counted = LOSSES.filter((name) => (kernel[name] ?? 0) > 0);
  return counted.map((name) => `${name} ${kernel[name]}`).join(", ") || null;
}

export function addPortsCommand(program: Command): void {
  addShowCommand(program, {
    name: "ports",
    description: "show the AF_XDP ports with the mode each one reached",
    ask: (client) => client.ports(),
    render: renderPorts,
  });
}
