import type { Command } from "commander";
import type { NetworkView } from "../agent/view.ts";
import { addShowCommand } from "./show.ts";
import { type Column, renderTable } from "./table.ts";

const COLUMNS: Column<NetworkView>[] = [
  { title: "NETWORK", cell: (network) => network.name },
  { title: "WORKER", cell: (network) => network.worker, align: "right" },
  { title: "MTU", cell: (network) => network.mtu, align: "right" },
  { title: "PREFIX", cell: (network) => lines(network.subnets, (subnet) => subnet.prefix) },
  { title: "GATEWAY", cell: (network) => lines(network.subnets, (subnet) => subnet.gateway) },
  {
    title: "ADDRESSES",
    cell: (network) =>
      lines(network.subnets, (subnet) => `${subnet.allocated} of ${subnet.capacity}`),
  },
  { title: "PODS", cell: (network) => network.attachments, align: "right" },
  { title: "POD ROUTES", cell: (network) => lines(network.routes, String) },
  {
    title: "STATIC ROUTES",
    cell: (network) =>
      lines(
        network.staticRoutes,
        ({ prefix, via, active }) =>
          `${prefix} via ${via}${active ? "" : " (waiting for the pod)"}`,
      ),
  },
];

export function renderNetworks(networks: NetworkView[]): string {
  if (networks.length === 0)
    return 'no networks: name some under "networks" in the configuration\n';
  return renderTable(COLUMNS, networks);
}

export function addNetworksCommand(program: Command): void {
  addShowCommand(program, {
    name: "networks",
    description: "show the networks with their prefixes, gateways and routes",
    ask: (client) => client.networks(),
    render: renderNetworks,
  });
}

function lines<T>(items: readonly T[], text: (item: T) => string): string | null {
  return items.length === 0 ? null : items.map(text).join("\n");
}
