import { Command } from "commander";
import { colors } from "../telemetry/colors.ts";
import { Board } from "./check.ts";
import { Progress } from "./progress.ts";
import { renderReport, renderVerdict, writeJson } from "./report.ts";
import { findMissing, type Missing } from "./requirements.ts";
import { runDemo } from "./run.ts";

const DESCRIPTION =
  "Watch packets cross user space: three pods in two networks are attached by executing the CNI " +
  "plugin, talk through the AF_XDP ring loop, and are taken away again. Then two nodes are joined " +
  "by VXLAN, with two tenants that have the same addresses. Everything happens in network " +
  "namespaces of its own and takes less than a minute.";

const { json } = new Command("npm run demo --")
  .description(DESCRIPTION)
  .option("--json <file>", "also write {ok, checks: [{name, ok, value, unit}]}")
  .parse()
  .opts<{ json?: string }>();

const missing = findMissing();
for (const { what, remedy, still } of missing) {
  process.stderr.write(
    `${colors.yellow(what)}\n  remedy: ${remedy}\n  works all the same: ${still}\n`,
  );
}
process.exitCode = missing.some(({ fatal }) => fatal) ? refuse(missing) : await play();

function refuse(reasons: readonly Missing[]): number {
  const board = new Board();
  reasons.forEach(({ what }, i) => {
    const check = { name: `missing-${i + 1}`, ok: false, value: what, unit: "" };
    board.add({ ...check, row: "missing", label: what, text: what, cell: what });
  });
  if (json !== undefined) writeJson(json, false, board);
  return 1;
}

async function play(): Promise<number> {
  process.stdout.write(`${colors.bold("Millrace demo")}: pods that talk through user space\n`);
  const { board, interruption, complaints } = await runDemo(new Progress(process.stdout));
  const ok = board.ok && interruption === null;
  if (json !== undefined) writeJson(json, ok, board);
  process.stdout.write(
    `\n${renderReport(board, process.stdout.columns || undefined)}\n${renderVerdict(board, interruption)}`,
  );
  if (!board.ok && complaints !== "") process.stdout.write(`\nThe agents said:\n${complaints}`);
  return ok ? 0 : 1;
}
