import type { Command } from "commander";
import type { NetworkView, UplinkView } from "../agent/view.ts";
import { addShowCommand } from "./show.ts";
import { type Column, renderTable } from "./table.ts";

/** Columns that say something for few networks are left out for the others. */
const COLUMNS: Column<NetworkView>[] = [
  { title: "NETWORK", cell: (network) => network.name },
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "MTU", cell: (network) => network.mtu, align: "right" },
  { title: "PREFIX", cell: (network) => lines(network.subnets, (subnet) => subnet.prefix) },
  { title: "GATEWAY", cell: ({ subnets }) => lines(subnets, ({ gateway }) => gateway || "-") },
  {
    title: "ADDRESSES",
    cell: (network) =>
      lines(network.subnets, (subnet) => `${subnet.allocated} of ${subnet.capacity}`),
  },
  { title: "PODS", cell: (network) => network.attachments, align: "right" },
  { title: "UPLINKS", cell: ({ uplinks }) => lines(uplinks, uplinkText) },
  { title: "MIRROR", cell: ({ mirrorTable }) => mirrorTable && `table ${mirrorTable}` },
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
  { title: "LEAKS", cell: ({ leaks }) => lines(leaks, ({ prefix, to }) => `${prefix} to ${to}`) },
  { title: "FDB SIZE", cell: ({ fdbSize }) => fdbSize, align: "right" },
];

const OPTIONAL = new Set(["UPLINKS", "MIRROR", "STATIC ROUTES", "LEAKS", "FDB SIZE"]);

export function renderNetworks(networks: NetworkView[]): string {
  if (networks.length === 0)
    return 'no networks: name some under "networks" in the configuration\n';
  const columns = COLUMNS.filter(
    ({ title, cell }) => !OPTIONAL.has(title) || networks.some((network) => cell(network) !== null),
  );
  return renderTable(columns, networks);
}

export function addNetworksCommand(program: Command): void {
  addShowCommand(program, {
    name: "networks",
    description: "show the networks with their prefixes, gateways and routes",
    ask: (client) => client.networks(),
    render: renderNetworks,
  });
}

function uplinkText({ ifname, use, port }: UplinkView): string {
  return `${ifname} ${use}${port === null ? " (missing)" : ""}`;
}

function lines<T>(items: readonly T[], text: (item: T) => string): string | null {
  return items.length === 0 ? null : items.map(text).join("\n");
}
