import { setTimeout as sleep } from "node:timers/promises";
import { type Command, InvalidArgumentError } from "commander";
import type { CountersView, PortCounters, WorkerCounters } from "../agent/view.ts";
import { type AgentClient, createClient } from "../api/client.ts";
import { type PortRates, portRates } from "./rates.ts";
import { type ShowOptions, toJson, withShowOptions } from "./show.ts";
import { type Column, renderTable } from "./table.ts";
import { formatBitRate, formatBytes, formatPacketRate } from "./units.ts";

interface CountersOptions extends ShowOptions {
  /** Seconds between two snapshots; true for the default. */
  watch?: number | true;
}

const DEFAULT_INTERVAL = 1;
const CLEAR_SCREEN = "\x1b[H\x1b[2J";

const sum = (counters: Record<string, number>) =>
  Object.values(counters).reduce((total, count) => total + count, 0);

const PORT_COLUMNS: Column<PortCounters>[] = [
  { title: "PORT", cell: ({ port }) => port, align: "right" },
  { title: "INTERFACE", cell: ({ ifname }) => ifname },
  { title: "NETWORK", cell: ({ network }) => network },
  { title: "RX PACKETS", cell: ({ counters }) => counters["rx_packets"] ?? 0, align: "right" },
  { title: "RX", cell: ({ counters }) => formatBytes(counters["rx_bytes"] ?? 0), align: "right" },
  { title: "TX PACKETS", cell: ({ counters }) => counters["tx_packets"] ?? 0, align: "right" },
  { title: "TX", cell: ({ counters }) => formatBytes(counters["tx_bytes"] ?? 0), align: "right" },
  { title: "DROPS", cell: ({ drops }) => sum(drops), align: "right" },
];

interface Drop {
  reason: string;
  ifname: string;
  network: string;
  count: number;
}

const DROP_COLUMNS: Column<Drop>[] = [
  { title: "DROP REASON", cell: ({ reason }) => reason },
  { title: "INTERFACE", cell: ({ ifname }) => ifname },
  { title: "NETWORK", cell: ({ network }) => network },
  { title: "FRAMES", cell: ({ count }) => count, align: "right" },
];

const WORKER_COLUMNS: Column<WorkerCounters>[] = [
  { title: "WORKER", cell: ({ worker }) => worker, align: "right" },
  { title: "ROUNDS", cell: ({ counters }) => counters["rounds"] ?? 0, align: "right" },
  { title: "BUSY", cell: ({ counters }) => counters["busy_rounds"] ?? 0, align: "right" },
  { title: "SLEEPS", cell: ({ counters }) => counters["sleeps"] ?? 0, align: "right" },
  { title: "FREE FRAMES", cell: ({ counters }) => counters["frames_free"] ?? 0, align: "right" },
];

const RATE_COLUMNS: Column<PortRates>[] = [
  { title: "PORT", cell: ({ port }) => port, align: "right" },
  { title: "INTERFACE", cell: ({ ifname }) => ifname },
  { title: "NETWORK", cell: ({ network }) => network },
  { title: "RX", cell: ({ rxPackets }) => formatPacketRate(rxPackets), align: "right" },
  { title: "", cell: ({ rxBytes }) => formatBitRate(rxBytes), align: "right" },
  { title: "TX", cell: ({ txPackets }) => formatPacketRate(txPackets), align: "right" },
  { title: "", cell: ({ txBytes }) => formatBitRate(txBytes), align: "right" },
  { title: "DROPS PER SECOND", cell: ({ drops }) => dropText(drops) },
];

export function renderCounters({ ports, workers }: CountersView): string {
  const drops = ports.flatMap(({ ifname, network, drops }) =>
    Object.entries(drops)
      .filter(([, count]) => count > 0)
      .map(([reason, count]) => ({ reason, ifname, network, count })),
  );
  const tables = [
    ports.length === 0 ? "no ports: no pod is attached\n" : renderTable(PORT_COLUMNS, ports),
    ...(drops.length === 0 ? [] : [renderTable(DROP_COLUMNS, drops)]),
    renderTable(WORKER_COLUMNS, workers),
  ];
  return tables.join("\n");
}

export function renderRates(rates: PortRates[]): string {
  return rates.length === 0 ? "no ports: no pod is attached\n" : renderTable(RATE_COLUMNS, rates);
}

export function addCountersCommand(program: Command): void {
  const command = program
    .command("counters")
    .description("show packets, bytes and drops by reason, per port")
    .option("--watch [seconds]", "show rates until interrupted, once per interval", interval);
  withShowOptions(command).action(async ({ socket, json, watch }: CountersOptions) => {
    const client = createClient(socket);
    if (watch !== undefined) {
      return watchRates(client, watch === true ? DEFAULT_INTERVAL : watch, json ?? false);
    }
    const counters = await client.counters();
    process.stdout.write(json ? toJson(counters) : renderCounters(counters));
  });
}

/** Runs until the process is interrupted. JSON is one array per line and interval. */
async function watchRates(client: AgentClient, seconds: number, json: boolean): Promise<never> {
  let before = await client.counters();
  let since = performance.now();
  for (;;) {
    await sleep(seconds * 1000);
    const after = await client.counters();
    const now = performance.now();
    const rates = portRates(before, after, (now - since) / 1000);
    const clear = process.stdout.isTTY ? CLEAR_SCREEN : "";
    process.stdout.write(json ? `${JSON.stringify(rates)}\n` : `${clear}${renderRates(rates)}`);
    before = after;
    since = now;
  }
}

function interval(text: string): number {
  const seconds = Number(text);
  if (seconds >= 0.1 && seconds <= 3600) return seconds;
  throw new InvalidArgumentError("accepted: seconds from 0.1 to 3600.");
}

function dropText(drops: Record<string, number>): string | null {
  const parts = Object.entries(drops).map(([reason, rate]) => `${reason} ${Math.round(rate)}`);
  return parts.join(", ") || null;
}
