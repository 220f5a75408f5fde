import type { Command } from "commander";
import type { MirrorView } from "../agent/forwarding-view.ts";
import { colors } from "../telemetry/colors.ts";
import { addShowCommand } from "./show.ts";
import { renderFields } from "./table.ts";

export function renderMirror(mirror: MirrorView): string {
  const { running, tables, routes, neighbours, links, messages } = mirror;
  const { overruns, resyncs, resyncMs } = mirror;
  const skipped = Object.entries(mirror.skipped)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count} ${reason}`);
  const off = tables.length === 0 ? "no network follows the kernel" : colors.red("not running");
  return renderFields([
    ["state", running ? colors.green("running") : off],
    ["tables", tables.map(({ network, table }) => `${network} ${table}`).join(", ") || null],
    ["known", `${routes} routes, ${neighbours} neighbours, ${links} links`],
    ["messages", `${messages} read, ${overruns} overruns`],
    ["resyncs", `${resyncs}, the last one took ${resyncMs} ms`],
    ["skipped", skipped.join(", ") || "none"],
  ]);
}

export function addMirrorCommand(program: Command): void {
  addShowCommand(program, {
    name: "mirror",
    description: "show how the routes and neighbours of the kernel are followed",
    ask: (client) => client.mirror(),
    render: renderMirror,
  });
}
