import type { Command } from "commander";
import type { PortMoved } from "../agent/forwarding-view.ts";
import type { PortView } from "../agent/view.ts";
import { createClient } from "../api/client.ts";
import { portName } from "../dataplane/forwarding-find.ts";
import { integerOption } from "./numbers.ts";
import { addShowCommand, type ShowOptions, toJson, withShowOptions } from "./show.ts";
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
  { title: "ROLE", cell: (port) => port.role },
  { title: "BACKEND", cell: (port) => port.backend },
  { title: "MODE", cell: (port) => port.mode },
  { title: "TRANSMIT", cell: ({ transmit }) => transmit?.backend ?? null },
  { title: "TX CHECKSUM", cell: (port) => port.txChecksum },
  { title: "MULTI-BUFFER", cell: (port) => (port.multiBuffer ? "yes" : "no") },
  { title: "QUEUES", cell: ({ queues }) => queuesText(queues) },
  { title: "FILL", cell: (port) => port.fill, align: "right" },
  { title: "ATTACHMENT", cell: (port) => port.attachment },
  { title: "KERNEL DROPS", cell: kernelDrops },
  { title: "REFUSED MODES", cell: (port) => refusedText(port) || null },
];

export function renderPorts(ports: PortView[]): string {
  return ports.length === 0 ? "no ports: no pod is attached\n" : renderTable(COLUMNS, ports);
}

function refusedText({ refused, transmit }: PortView): string {
  const live = transmit?.refused ? [`live-frames: ${transmit.refused}`] : [];
  return [...refused, ...live].join("; ");
}

function kernelDrops({ kernel }: PortView): string | null {
  if (kernel === null) return "socket is dead";
  const counted = LOSSES.filter((name) => (kernel[name] ?? 0) > 0);
  return counted.map((name) => `${name} ${kernel[name]}`).join(", ") || null;
}

/** Queues that follow each other on one worker are one range. */
export function queuesText(queues: PortView["queues"]): string | null {
  const ranges: { first: number; last: number; worker: number }[] = [];
  for (const { queue, worker } of [...queues].sort((a, b) => a.queue - b.queue)) {
    const last = ranges.at(-1);
    if (last?.worker === worker && last.last === queue - 1) last.last = queue;
    else ranges.push({ first: queue, last: queue, worker });
  }
  const texts = ranges.map(({ first, last, worker }) => {
    return `${first === last ? first : `${first}-${last}`} on worker ${worker}`;
  });
  return texts.join(", ") || null;
}

export function renderMoved(moved: PortMoved): string {
  return `${portName(moved)}: queues ${queuesText(moved.queues)}\n`;
}

export function addPortsCommand(program: Command): void {
  const ports = program.command("ports").description("show the AF_XDP ports, move their queues");
  addShowCommand(ports, {
    name: "show",
    isDefault: true,
    description: "show the AF_XDP ports with the mode each one reached",
    ask: (client) => client.ports(),
    render: renderPorts,
  });
  const index = integerOption(0, 4095);
  const move = ports
    .command("move")
    .description("give a queue of a port to another worker while traffic flows")
    .argument("<port>", "interface, containerId:ifname, namespace/name, pod address or number")
    .option("--queue <number>", "queue of the port", index, 0)
    .requiredOption("--worker <number>", "worker that serves it from now on", index);
  withShowOptions(move).action(async (port: string, options: MoveOptions) => {
    const { socket, json, queue, worker } = options;
    const moved = await createClient(socket).movePort({ port, queue, worker });
    process.stdout.write(json ? toJson(moved) : renderMoved(moved));
  });
}

interface MoveOptions extends ShowOptions {
  queue: number;
  worker: number;
}
