import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Applied } from "../agent/forwarding-view.ts";
import { createClient, type TableName } from "../api/client.ts";
import { type ShowOptions, toJson, withShowOptions } from "./show.ts";

/** Options of every command that changes a table. */
export interface ChangeOptions extends ShowOptions {
  network: string;
  file?: string;
  replace?: boolean;
}

export interface ChangeCommand<Options> {
  table: TableName;
  verb: "add" | "del";
  /** What an entry is known by, e.g. "prefix". */
  argument: string;
  /** For the help: what the argument is. */
  meaning: string;
  /** Adds the options of its own. */
  extend: (command: Command) => Command;
  /** The change without its op. */
  change: (argument: string, options: Options) => Record<string, unknown>;
}

const WHAT: Record<TableName, string> = {
  routes: "routes",
  neighbours: "neighbours",
  fdb: "FDB entries",
};

/** Adds `millrace TABLE add|del`, for one entry or a file of changes as one batch. */
export function addChangeCommand<Options extends ChangeOptions>(
  parent: Command,
  { table, verb, argument, meaning, extend, change }: ChangeCommand<Options>,
): void {
  const command = parent
    .command(verb)
    .description(`${verb === "add" ? "add" : "delete"} ${WHAT[table]}: all that are named or none`)
    .argument(`[${argument}]`, meaning)
    .requiredOption("--network <name>", "network whose table is changed")
    .option("--file <path>", 'JSON list of changes to make as one batch; "-" for standard input');
  if (verb === "add") command.option("--replace", "change what is there already");
  withShowOptions(extend(command)).action(async (entry: string | undefined, options: Options) => {
    const op = options.replace ? "replace" : verb;
    const changes =
      options.file === undefined
        ? [{ op, ...change(required(entry, argument), options) }]
        : readChanges(options.file, entry, op);
    const { network, socket, json } = options;
    const applied = await createClient(socket).change(table, network, changes);
    process.stdout.write(json ? toJson(applied) : renderApplied(table, network, applied));
  });
}

export function renderApplied(table: TableName, network: string, { applied }: Applied): string {
  return `changed ${applied} of the ${WHAT[table]} of network ${network}\n`;
}

/** An option of a change that its table cannot do without. */
export function required(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw new Error(`${name} is missing: name one, or a file of changes with --file`);
}

/**
 * Reads the changes of a batch; those without op get that of the command.
 * @throws Error naming the file when it holds anything but a list of objects
 */
export function readChanges(file: string, entry: string | undefined, op: string): unknown[] {
  if (entry !== undefined) throw new Error(`${entry} and --file are both given: name one of them`);
  const source = file === "-" ? "standard input" : file;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (error) {
    throw new Error(`${source} is no JSON file`, { cause: error });
  }
  if (!Array.isArray(content)) throw new Error(`${source}: accepted: a JSON list of changes`);
  return content.map((change, i) => {
    const isObject = typeof change === "object" && change !== null && !Array.isArray(change);
    if (!isObject) throw new Error(`${source}: item ${i} is no object; accepted: {op, …}`);
    return { op, ...change };
  });
}
