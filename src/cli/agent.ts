import type { Command } from "commander";

export function addAgentCommand(program: Command): void {
  program
    .command("agent")
    .description("run the agent of this node until SIGTERM or SIGINT")
    .requiredOption("--config <file>", "YAML configuration")
    .action(async ({ config }: { config: string }) => {
      // Commands that only ask the agent need not wait for all that it is made of.
      const { runAgent } = await import("./run-agent.ts");
      await runAgent(config);
    });
}
