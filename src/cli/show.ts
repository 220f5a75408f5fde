import { type Command, Option } from "commander";
import { type AgentClient, createClient, DEFAULT_SOCKET } from "../api/client.ts";

/** Options of every command that asks a running agent. */
export interface ShowOptions {
  socket: string;
  json?: boolean;
}

export interface ShowCommand<T> {
  name: string;
  description: string;
  /** Runs when its parent is called without a command. */
  isDefault?: boolean;
  /** What the command asks the agent for. */
  ask: (client: AgentClient) => Promise<T>;
  /** For people; ends with a line feed. */
  render: (answer: T) => string;
}

/** Adds --socket and --json to a command. */
export function withShowOptions(command: Command): Command {
  return command
    .addOption(new Option("--socket <path>", "unix socket of the agent").default(DEFAULT_SOCKET))
    .option("--json", "print JSON for programs");
}

/** Adds a command that asks the agent once and prints the answer as a table or as JSON. */
export function addShowCommand<T>(program: Command, command: ShowCommand<T>): void {
  const added = program
    .command(command.name, { isDefault: command.isDefault ?? false })
    .description(command.description);
  withShowOptions(added).action(async ({ socket, json }: ShowOptions) => {
    const answer = await command.ask(createClient(socket));
    process.stdout.write(json ? toJson(answer) : command.render(answer));
  });
}

/** JSON as every command prints it. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
