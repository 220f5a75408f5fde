import { type Command, Option } from "commander";
import type { NextHopView, RouteList, RouteView } from "../agent/forwarding-view.ts";
import { createClient } from "../api/client.ts";
import { portName } from "../dataplane/forwarding-find.ts";
import { addChangeCommand, type ChangeOptions } from "./change.ts";
import { NextHopOptions } from "./next-hops.ts";
import { integerOption } from "./numbers.ts";
import { type ShowOptions, toJson, withShowOptions } from "./show.ts";
import { type Column, renderTable } from "./table.ts";
import { formatBytes } from "./units.ts";
import { renderWaiting } from "./waiting.ts";

interface RouteOptions extends ChangeOptions {
  blackhole?: boolean;
  unreachable?: boolean;
  prohibit?: boolean;
  leak?: string;
  count?: boolean;
}

interface FilterOptions extends ShowOptions {
  network?: string;
  family?: string;
  within?: string;
  match?: string;
  source?: string;
  limit: number;
}

const DEFAULT_LIMIT = 1000;
const MAX_LIMIT = 1_000_000;

const COLUMNS: Column<RouteView>[] = [
  { title: "NETWORK", cell: ({ network }) => network },
  { title: "PREFIX", cell: ({ prefix }) => prefix },
  { title: "NEXT HOP", cell: target },
  { title: "MAC", cell: ({ nextHops }) => nextHops.map(macText).join("\n") || null },
  { title: "SOURCE", cell: ({ source }) => source },
];

const COUNTER_COLUMNS: Column<RouteView>[] = [
  { title: "PACKETS", cell: ({ packets }) => packets, align: "right" },
  {
    title: "BYTES",
    cell: ({ bytes }) => (bytes === null ? null : formatBytes(bytes)),
    align: "right",
  },
];

export function renderRoutes({ routes, total, waiting }: RouteList): string {
  const counted = routes.some(({ packets }) => packets !== null);
  const columns = counted ? [...COLUMNS, ...COUNTER_COLUMNS] : COLUMNS;
  const table = routes.length === 0 ? "no routes match\n" : renderTable(columns, routes);
  const more = total - routes.length;
  return `${table}${more > 0 ? `… ${more} more\n` : ""}${renderWaiting(waiting)}`;
}

export function addRoutesCommand(program: Command): void {
  const routes = program.command("routes").description("show and change routes of routed networks");
  const show = routes
    .command("show", { isDefault: true })
    .description("show the routes, those of the kernel mirror included")
    .option("--network <name>", "only those of one network")
    .addOption(new Option("--family <family>", "only IPv4 or IPv6").choices(["4", "6"]))
    .option("--within <prefix>", "only routes inside a prefix")
    .option("--match <address>", "only the route that decides for an address")
    .addOption(
      new Option("--source <source>", "only routes from there").choices(
        "pod static kernel local neighbour".split(" "),
      ),
    )
    .option("--limit <count>", "show at most", integerOption(1, MAX_LIMIT), DEFAULT_LIMIT);
  withShowOptions(show).action(async ({ socket, json, ...filter }: FilterOptions) => {
    const list = await createClient(socket).routes({ ...filter });
    process.stdout.write(json ? toJson(list) : renderRoutes(list));
  });
  addAdd(routes);
  addChangeCommand<RouteOptions>(routes, {
    table: "routes",
    verb: "del",
    argument: "prefix",
    meaning: "CIDR of the route",
    extend: (command) => command,
    change: (prefix) => ({ prefix }),
  });
}

function addAdd(routes: Command): void {
  const hops = new NextHopOptions();
  addChangeCommand<RouteOptions>(routes, {
    table: "routes",
    verb: "add",
    argument: "prefix",
    meaning: "CIDR of the destinations",
    extend: (command) =>
      command
        .option("--via <address>", "next hop: a pod or a neighbour; may be repeated", hops.via)
        .option("--port <name>", "port of the --via before it; alone: the pod behind it", hops.port)
        .option("--weight <share>", "share of the --via before it, 1 to 256", hops.weight)
        .option("--blackhole", "drop silently")
        .option("--unreachable", "drop and answer: host unreachable")
        .option("--prohibit", "drop and answer: administratively prohibited")
        .option("--leak <network>", "let the routes of another network decide")
        .option("--count", "count the packets that take the route"),
    change: (prefix, options) => routeChange(prefix, options, hops),
  });
}

/**
 * The change that options of `routes add` ask for.
 * @throws Error when they name several types of route or none
 */
export function routeChange(
  prefix: string,
  options: Pick<RouteOptions, "blackhole" | "unreachable" | "prohibit" | "leak" | "count">,
  { hops }: NextHopOptions,
): Record<string, unknown> {
  const types = [
    ...(hops.length > 0 ? ["unicast"] : []),
    ...(["blackhole", "unreachable", "prohibit"] as const).filter((type) => options[type]),
    ...(options.leak === undefined ? [] : ["leak"]),
  ];
  const accepted = "one of --via, --port, --blackhole, --unreachable, --prohibit, --leak";
  if (types.length === 0) throw new Error(`where ${prefix} leads is missing: name ${accepted}`);
  if (types.length > 1) throw new Error(`${prefix} cannot be ${types.join(" and ")}: ${accepted}`);
  return {
    prefix,
    type: types[0],
    ...(hops.length > 0 && { via: hops }),
    ...(options.leak !== undefined && { leakTo: options.leak }),
    ...(options.count && { count: true }),
  };
}

function target({ type, leakTo, nextHops }: RouteView): string {
  if (type === "leak") return `routes of ${leakTo}`;
  if (nextHops.length === 0) return type;
  return nextHops.map((hop) => hopText(hop, type, nextHops.length > 1)).join("\n");
}

function hopText(hop: NextHopView, type: RouteView["type"], weighed: boolean): string {
  const where = type === "connected" ? "connected to " : hop.address && `via ${hop.address} on `;
  return `${where}${portName(hop)}${weighed ? ` weight ${hop.weight}` : ""}`;
}

function macText({ mac, resolved, address }: NextHopView): string {
  if (resolved) return mac || "-";
  return address === "" ? "-" : "unresolved";
}
