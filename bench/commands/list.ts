import type { Command } from "commander";
import { toJson } from "../../src/cli/show.ts";
import { renderTable } from "../../src/cli/table.ts";
import { duts } from "../duts/list.ts";

interface Listed {
  name: string;
  tasks: readonly string[];
  sources: readonly string[];
  summary: string;
  /** Why it cannot run here; null: it can. */
  missing: string | null;
}

export function addList(bench: Command): void {
  bench
    .command("list")
    .description("the devices of --dut, and what keeps one from running here")
    .option("--json", "print JSON for programs")
    .action(async ({ json }: { json?: boolean }) => {
      const listed: Listed[] = await Promise.all(
        duts.map(async ({ name, tasks, sources, summary, missing }) => {
          return { name, tasks, sources, summary, missing: await missing() };
        }),
      );
      process.stdout.write(json ? toJson(listed) : renderList(listed));
    });
}

function renderList(listed: readonly Listed[]): string {
  return renderTable<Listed>(
    [
      { title: "device", cell: ({ name }) => name },
      { title: "tasks", cell: ({ tasks }) => tasks.join(" ") },
      { title: "sources", cell: ({ sources }) => sources.join(" ") },
      { title: "what it is", cell: ({ summary }) => summary },
      { title: "here", cell: ({ missing }) => missing ?? "yes" },
    ],
    listed,
  );
}
